mod checkpoint;
mod keys;
mod tickets;
