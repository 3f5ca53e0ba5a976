//! Sealed records: envelope encryption, key rotation and blind indexes for secrets at rest.
