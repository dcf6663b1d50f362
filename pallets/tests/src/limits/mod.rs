//! The edges of the whole market that the pallets' own tests do not reach.
