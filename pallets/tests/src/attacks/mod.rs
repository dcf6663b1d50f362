//! Attacks on the whole market. Each file is an attack, and shows what it brings all accounts of the
//! attacker together.
