mod arbitrary;
mod checkpoint;
mod disputes;
mod keys;
mod offences;
mod sets;
mod slots;
mod tickets;
