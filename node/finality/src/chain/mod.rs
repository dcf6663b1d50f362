//! Blocks, authority sets, justifications, fork choice and sync.
