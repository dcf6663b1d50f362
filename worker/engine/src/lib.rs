//! Model execution of the ACI worker.
//!
//! The worker runs one job = model + input + parameters; this crate turns it into output bytes,
//! tokens and the figures that a receipt needs, makes the proof of a run, and checks an output with
//! its proof. It knows nothing of the chain's state: no price, no signature. It is one of the
//! worker's three seams ([`Engine`]); the others are the attester and the transport.
//!
//! # What it guarantees
//!
//! 1. *Identity.* A model is named by the SHA-256 of its weights, and the numbers that price it
//!    ([`ModelManifest`]) are checked against the tensors ([`model`]).
//! 2. *Reproducible choice.* A token is a pure function of the quantised logits, the job's seed,
//!    the position and the temperature, in integers ([`sampler`]). Logits themselves are floating
//!    point: they repeat bit by bit on one machine and shape, and up to rounding elsewhere, which
//!    is why profiles of Proof of AI carry tolerances.
//! 3. *Checkable in one pass.* The logits and hidden states of all positions of prompt and output
//!    come from one teacher-forced pass ([`Engine::visit_positions`]).
//!    [`prove`] makes the proof of a run while it goes on, [`check`] judges an output by it.
//! 4. *Whole text.* Streamed pieces are valid UTF-8 and join to the output ([`utf8`]).
//! 5. *Stops.* Every job ends by `max_tokens`, the context, the end token or cancellation.
//! 6. *Says what to do.* Every failure is an [`EngineError`]; no input of a job panics.
//!
//! # What it supports
//!
//! | kind | file | tasks |
//! | --- | --- | --- |
//! | llama family | GGUF, architecture `llama`, unscaled rotary positions, GPT-2 byte-level BPE with the `smollm` or `gpt-2` split | chat (ChatML, one user turn), completion |
//! | BERT encoders | safetensors with `config.json` and `tokenizer.json` | embeddings by mean pooling |
//!
//! Anything else is refused when it is loaded, never computed wrongly.
//!
//! # Where it runs
//!
//! On the CPU, or on an NVIDIA GPU with the `cuda` feature, which needs `nvcc` to build; the worker's
//! README says how, and what was seen. The number of CPU threads can be pinned
//! ([`EngineOptions::threads`]).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod chat;
pub mod check;
mod device;
pub mod embedding;
pub mod engine;
mod error;
pub mod forward;
mod gguf;
mod job;
pub mod model;
pub mod prove;
pub mod sampler;
pub mod text;
pub mod tokenizer;
pub mod utf8;

pub use device::DeviceChoice;
pub use engine::{CandleEngine, Engine, EngineOptions};
pub use error::{EngineError, Result};
pub use forward::Kernels;
pub use job::{CancelFlag, Finish, JobParameters, Outcome, PositionState, Progress, Task};
pub use model::{ModelFile, ModelHash, ModelKind, ModelManifest};
