"""What the black-box tests drive the service with. Nothing here shares code with the service."""
