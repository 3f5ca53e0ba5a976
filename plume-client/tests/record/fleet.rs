//! Every read of random fleets is sanitized, recorded and replayed.
