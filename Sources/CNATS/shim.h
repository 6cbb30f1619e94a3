#ifndef TOKEN_SERVICE_CNATS_SHIM_H
#define TOKEN_SERVICE_CNATS_SHIM_H

/* One header, so that the module map names nothing of the system's layout. */
#include <nats/nats.h>

#endif
