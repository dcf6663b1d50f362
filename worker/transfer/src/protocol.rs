//! The messages between two nodes, and how they are framed.
//!
//! One stream carries one request and one response. A message is its length in bytes as u32
//! little-endian, then its SCALE encoding.
//!
//! # What it guarantees
//!
//! 1. No message is read beyond [`MAX_REQUEST_BYTES`] or [`MAX_RESPONSE_BYTES`]: a longer
//!    announcement ends the stream with an error of kind `InvalidData` before its body is read.
//! 2. Lists are bounded before they are allocated ([`MAX_CHUNKS_PER_REQUEST`],
//!    [`MAX_PROOF_HASHES`], one chunk's bytes), and indices are strictly ascending.
//! 3. A message has one encoding: bytes left over are an error.

use crate::{
	content::ContentId,
	tree::{Hash, CHUNK_BYTES},
};
use async_trait::async_trait;
use codec::{Compact, Decode, DecodeAll, Encode, Input, Output};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{request_response, StreamProtocol};
use std::io;

/// Name of the protocol.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/aci/transfer/1");

/// Most chunks that one request may ask for.
pub const MAX_CHUNKS_PER_REQUEST: usize = 16;
/// Most hashes that a chunk's proof may have: enough for 2^32 chunks.
pub const MAX_PROOF_HASHES: usize = 32;
/// Most bytes of an encoded request: variant, content id, list length and indices.
pub const MAX_REQUEST_BYTES: usize = 1 + 72 + 4 + 4 * MAX_CHUNKS_PER_REQUEST;
/// Most bytes of an encoded response: variant, list length, and for each chunk its index, its
/// bytes and its proof with their lengths.
pub const MAX_RESPONSE_BYTES: usize =
	1 + 4 + MAX_CHUNKS_PER_REQUEST * (4 + 4 + CHUNK_BYTES + 4 + 32 * MAX_PROOF_HASHES);

/// A question about content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
	/// Whether the other side holds all of it.
	Probe(ContentId),
	/// Some of its chunks.
	Chunks {
		/// The content.
		id: ContentId,
		/// Indices in strictly ascending order, 1 to [`MAX_CHUNKS_PER_REQUEST`].
		indices: Vec<u32>,
	},
	/// Which content goes by a name.
	Named([u8; 32]),
}

/// A request as it was read, or how it broke the protocol. libp2p reports a request that cannot be
/// read to nobody, so the violation travels as a value: the node must know whom to cut off.
pub type ReadRequest = Result<Request, String>;

/// A chunk with the proof that it belongs to the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenChunk {
	/// Its index.
	pub index: u32,
	/// Its bytes.
	pub bytes: Vec<u8>,
	/// Sibling hashes from the leaf upwards.
	pub proof: Vec<Hash>,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
	/// The content is held, whole.
	Held,
	/// The content is not held, or not whole.
	NotHeld,
	/// Too many requests at once; ask later.
	Busy,
	/// The request makes no sense for this content.
	Refused,
	/// The chunks that were asked for, in the order of the request.
	Chunks(Vec<ProvenChunk>),
	/// The content that goes by the name. Nobody vouches for it: what is fetched must be checked.
	Named(ContentId),
}

/// Reads a list's length and checks it before anything is allocated.
pub(crate) fn list_length<I: Input>(input: &mut I, most: usize) -> Result<usize, codec::Error> {
	let Compact(length) = Compact::<u32>::decode(input)?;
	match usize::try_from(length) {
		Ok(length) if length <= most => Ok(length),
		_ => Err("a list is longer than the protocol allows".into()),
	}
}

impl Encode for Request {
	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		match self {
			Request::Probe(id) => (0u8, id).encode_to(output),
			Request::Chunks { id, indices } => (1u8, id, indices).encode_to(output),
			Request::Named(name) => (2u8, name).encode_to(output),
		}
	}
}

impl Decode for Request {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		match u8::decode(input)? {
			0 => Ok(Request::Probe(ContentId::decode(input)?)),
			1 => {
				let id = ContentId::decode(input)?;
				let length = list_length(input, MAX_CHUNKS_PER_REQUEST)?;
				let mut indices: Vec<u32> = Vec::with_capacity(length);
				for _ in 0..length {
					let index = u32::decode(input)?;
					if indices.last().is_some_and(|last| *last >= index) {
						return Err("indices are not strictly ascending".into());
					}
					indices.push(index);
				}
				match indices.is_empty() {
					true => Err("a request asks for no chunk".into()),
					false => Ok(Request::Chunks { id, indices }),
				}
			}
			2 => Ok(Request::Named(Decode::decode(input)?)),
			_ => Err("unknown request".into()),
		}
	}
}

impl Encode for ProvenChunk {
	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		self.index.encode_to(output);
		self.bytes.encode_to(output);
		self.proof.encode_to(output);
	}
}

impl Decode for ProvenChunk {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		let index = u32::decode(input)?;
		let mut bytes = vec![0; list_length(input, CHUNK_BYTES)?];
		input.read(&mut bytes)?;
		let length = list_length(input, MAX_PROOF_HASHES)?;
		let mut proof = Vec::with_capacity(length);
		for _ in 0..length {
			proof.push(Hash::decode(input)?);
		}
		Ok(ProvenChunk {
			index,
			bytes,
			proof,
		})
	}
}

impl Encode for Response {
	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		match self {
			Response::Held => output.push_byte(0),
			Response::NotHeld => output.push_byte(1),
			Response::Busy => output.push_byte(2),
			Response::Refused => output.push_byte(3),
			Response::Chunks(chunks) => {
				output.push_byte(4);
				chunks.encode_to(output);
			}
			Response::Named(id) => (5u8, id).encode_to(output),
		}
	}
}

impl Decode for Response {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		match u8::decode(input)? {
			0 => Ok(Response::Held),
			1 => Ok(Response::NotHeld),
			2 => Ok(Response::Busy),
			3 => Ok(Response::Refused),
			4 => {
				let length = list_length(input, MAX_CHUNKS_PER_REQUEST)?;
				let mut chunks = Vec::with_capacity(length);
				for _ in 0..length {
					chunks.push(ProvenChunk::decode(input)?);
				}
				Ok(Response::Chunks(chunks))
			}
			5 => Ok(Response::Named(ContentId::decode(input)?)),
			_ => Err("unknown response".into()),
		}
	}
}

/// Reads one message of at most `most` bytes.
pub(crate) async fn read_message<M: Decode, T: AsyncRead + Unpin + Send>(
	io: &mut T,
	most: usize,
) -> io::Result<M> {
	let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
	let mut length = [0; 4];
	io.read_exact(&mut length).await?;
	let length = u32::from_le_bytes(length);
	if !usize::try_from(length).is_ok_and(|length| length <= most) {
		return Err(invalid(format!(
			"announced a message of {length} bytes; {most} are allowed"
		)));
	}
	// The buffer grows with what arrives, not with what is announced.
	let mut body = Vec::new();
	io.take(u64::from(length)).read_to_end(&mut body).await?;
	if body.len() as u64 != u64::from(length) {
		return Err(io::ErrorKind::UnexpectedEof.into());
	}
	M::decode_all(&mut body.as_slice()).map_err(|error| invalid(format!("sent {error}")))
}

/// Writes one message.
pub(crate) async fn write_message<T: AsyncWrite + Unpin + Send>(
	io: &mut T,
	body: Vec<u8>,
) -> io::Result<()> {
	let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
	io.write_all(&length.to_le_bytes()).await?;
	io.write_all(&body).await?;
	io.close().await
}

/// Reads and writes the messages on a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codec;

#[async_trait]
impl request_response::Codec for Codec {
	type Protocol = StreamProtocol;
	type Request = ReadRequest;
	type Response = Response;

	async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<ReadRequest>
	where
		T: AsyncRead + Unpin + Send,
	{
		match read_message(io, MAX_REQUEST_BYTES).await {
			Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Err(error.to_string())),
			result => result.map(Ok),
		}
	}

	async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Response>
	where
		T: AsyncRead + Unpin + Send,
	{
		read_message(io, MAX_RESPONSE_BYTES).await
	}

	async fn write_request<T>(
		&mut self,
		_: &StreamProtocol,
		io: &mut T,
		request: ReadRequest,
	) -> io::Result<()>
	where
		T: AsyncWrite + Unpin + Send,
	{
		// A violation is never sent on.
		let request = request.map_err(|_| io::ErrorKind::InvalidInput)?;
		write_message(io, request.encode()).await
	}

	async fn write_response<T>(
		&mut self,
		_: &StreamProtocol,
		io: &mut T,
		response: Response,
	) -> io::Result<()>
	where
		T: AsyncWrite + Unpin + Send,
	{
		write_message(io, response.encode()).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::{executor::block_on, io::Cursor};
	use proptest::prelude::*;

	fn chunk(index: u32, bytes: usize, hashes: usize) -> ProvenChunk {
		ProvenChunk {
			index,
			bytes: vec![5; bytes],
			proof: vec![[6; 32]; hashes],
		}
	}

	fn framed(body: &[u8]) -> Vec<u8> {
		[&(body.len() as u32).to_le_bytes(), body].concat()
	}

	fn read<M: Decode>(bytes: &[u8], most: usize) -> io::Result<M> {
		block_on(read_message(&mut Cursor::new(bytes), most))
	}

	#[test]
	fn the_largest_messages_fit_their_bounds() {
		let id = ContentId::of(b"x");
		let indices: Vec<u32> = (0..MAX_CHUNKS_PER_REQUEST as u32).collect();
		let request = Request::Chunks {
			id,
			indices: indices.clone(),
		};
		assert!(request.encode().len() <= MAX_REQUEST_BYTES);
		assert_eq!(
			Request::decode_all(&mut request.encode().as_slice()),
			Ok(request)
		);
		let chunks = indices
			.iter()
			.map(|at| chunk(*at, CHUNK_BYTES, MAX_PROOF_HASHES))
			.collect();
		let response = Response::Chunks(chunks);
		assert!(response.encode().len() <= MAX_RESPONSE_BYTES);
		assert_eq!(
			read::<Response>(&framed(&response.encode()), MAX_RESPONSE_BYTES).ok(),
			Some(response)
		);
	}

	#[test]
	fn lists_over_their_bounds_are_refused() {
		let many: Vec<u32> = (0..=MAX_CHUNKS_PER_REQUEST as u32).collect();
		let request = Request::Chunks {
			id: ContentId::of(b"x"),
			indices: many.clone(),
		};
		assert!(Request::decode_all(&mut request.encode().as_slice()).is_err());
		for chunks in [
			many.iter().map(|at| chunk(*at, 1, 0)).collect(),
			vec![chunk(0, CHUNK_BYTES + 1, 0)],
			vec![chunk(0, 1, MAX_PROOF_HASHES + 1)],
		] {
			let response = Response::Chunks(chunks);
			assert!(Response::decode_all(&mut response.encode().as_slice()).is_err());
		}
	}

	#[test]
	fn indices_must_ascend_and_not_be_none() {
		for indices in [vec![], vec![1, 1], vec![2, 1]] {
			let request = Request::Chunks {
				id: ContentId::of(b"x"),
				indices,
			};
			assert!(Request::decode_all(&mut request.encode().as_slice()).is_err());
		}
	}

	#[test]
	fn an_oversize_announcement_is_refused_without_its_body() {
		let error = read::<Request>(&u32::MAX.to_le_bytes(), MAX_REQUEST_BYTES).unwrap_err();
		assert_eq!(error.kind(), io::ErrorKind::InvalidData);
	}

	#[test]
	fn bytes_left_over_or_missing_are_refused() {
		let body = Response::Held.encode();
		let error = read::<Response>(&framed(&[&body[..], &[0]].concat()), 100).unwrap_err();
		assert_eq!(error.kind(), io::ErrorKind::InvalidData);
		let error = read::<Response>(&[2, 0, 0, 0, 1], 100).unwrap_err();
		assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
	}

	#[test]
	fn a_name_and_its_content_are_asked_for_and_answered() {
		let (request, response) = (
			Request::Named([4; 32]),
			Response::Named(ContentId::of(b"x")),
		);
		let read = Request::decode_all(&mut request.encode().as_slice());
		assert_eq!(read, Ok(request));
		let read = Response::decode_all(&mut response.encode().as_slice());
		assert_eq!(read, Ok(response));
	}

	proptest! {
		#[test]
		fn a_decoded_message_encodes_to_the_same_bytes(
			bytes in proptest::collection::vec(0u8..6, 0..200),
		) {
			if let Ok(request) = Request::decode_all(&mut bytes.as_slice()) {
				prop_assert_eq!(request.encode(), bytes.clone());
			}
			if let Ok(response) = Response::decode_all(&mut bytes.as_slice()) {
				prop_assert_eq!(response.encode(), bytes);
			}
		}
	}
}
