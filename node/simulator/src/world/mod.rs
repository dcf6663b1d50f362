//! The part that knows no protocol: clocks, links, faults, disks, and the heap of events. The
//! finality gadget's simulation rests on it, and any other protocol's can: it implements
//! [`Node`] and [`Packet`].

pub mod clock;
pub mod fault;
pub mod network;
pub mod node;
pub mod random;
pub mod simulation;

#[cfg(test)]
mod tests;

pub use clock::{Clock, Micros, Millis, MILLI, SECOND};
pub use fault::{BadFault, DiskFate, Fault, NodeId, NodeSet, MAX_NODES};
pub use network::{Latency, Link};
pub use node::{Disk, Effects, Event, Node, Outgoing, Packet, TIMERS};
pub use random::Random;
pub use simulation::{Counts, End, Plan, Simulation};
