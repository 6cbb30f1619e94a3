/* Loads for the ledger's figures. Every answer is looked at.
 *
 *   load PORT fill COUNT                               revocations into the stream, as the service writes them
 *   load PORT follow COUNT                             seconds in which an idle consumer is sent so many, from its connection, and from the first of them
 *   load PORT compare-and-set IN_FLIGHT SECONDS        publishes as a redemption is one, each chained to the one before
 *   load PORT first-served STARTED                     seconds from then (since the epoch) to the first answer
 *   load PORT refresh IN_FLIGHT SECONDS                chains of refreshes
 *   load PORT blacklist IN_FLIGHT COUNT                so many pairs
 *   load PORT verify-paced RATE SECONDS
 *   load PORT blacklist-paced RATE SECONDS
 *   load PORT echo-paced RATE SECONDS
 *   load PORT publish-paced RATE SECONDS               records of revocations, straight into the stream
 *   load PORT propagation OTHER_PREFIX COUNT           blacklisted at PREFIX, rejected at OTHER_PREFIX
 *
 * PREFIX in the environment is put before the service's subjects. Loops print requests a second, and the median and the
 * 99th percentile in microseconds; `propagation` prints median and 99th percentile, and those of a plain verify. */

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words) {
    if (count < 4) fail("usage: load PORT COMMAND ...; see main.c");
    if (getenv("PREFIX")) prefix = getenv("PREFIX");
    const char *command = words[2];
    double first = strtod(words[3], NULL), second = count > 4 ? strtod(words[4], NULL) : 0;
    bus_connect((int)strtol(words[1], NULL, 10));
    if (!strcmp(command, "fill") && first >= 1) fill((size_t)first);
    else if (!strcmp(command, "follow") && first >= 1) follow((size_t)first);
    else if (!strcmp(command, "first-served")) first_served(first);
    else if (!strcmp(command, "propagation") && second >= 1) propagation(words[3], (size_t)second);
    else if (first < 1 || second <= 0) fail("no such command, or out of range: %s", command);
    else if (!strcmp(command, "compare-and-set")) compare_and_set((size_t)first, second);
    else if (!strcmp(command, "refresh")) refresh((size_t)first, second);
    else if (!strcmp(command, "blacklist")) blacklist((size_t)first, (size_t)second);
    else if (!strcmp(command, "verify-paced")) verify_paced(first, second);
    else if (!strcmp(command, "echo-paced")) echo_paced(first, second);
    else if (!strcmp(command, "publish-paced")) publish_paced(first, second);
    else if (!strcmp(command, "blacklist-paced")) blacklist_paced(first, second);
    else fail("no such command: %s", command);
    return 0;
}
