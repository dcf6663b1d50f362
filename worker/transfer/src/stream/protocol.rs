//! The messages of `/aci/stream/1`. They are framed as those of the transfer protocol are
//! ([`crate::protocol`]), with the same guarantees: nothing is read beyond [`MAX_TAIL_BYTES`] or
//! [`MAX_ANSWER_BYTES`], lists are bounded before they are allocated, a message has one encoding.

use super::StreamId;
use crate::protocol::{list_length, read_message, write_message};
use async_trait::async_trait;
use codec::{Decode, Encode, Input, Output};
use futures::{AsyncRead, AsyncWrite};
use libp2p::{request_response, StreamProtocol};
use std::io;

/// Name of the protocol.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/aci/stream/1");

/// Most bytes of a stream in one answer.
pub const MAX_PART_BYTES: usize = 16 * 1024;
/// Bytes of an encoded request: variant, stream, number and offset.
pub const MAX_TAIL_BYTES: usize = 1 + 32 + 8 + 8;
/// Most bytes of an encoded answer: variant, number, offset, state, and the bytes with their length.
pub const MAX_ANSWER_BYTES: usize = 1 + 8 + 8 + 1 + 4 + MAX_PART_BYTES;

/// Asks for what follows in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
	/// The stream.
	pub stream: StreamId,
	/// The number of the stream that the reader knows; 0 where it knows none.
	pub number: u64,
	/// How many bytes of it the reader has.
	pub offset: u64,
}

/// A request as it was read, or how it broke the protocol.
pub type ReadTail = Result<Tail, String>;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
	/// More may come.
	Going,
	/// All of it was made.
	Finished,
	/// The run ended early. It may be made again.
	BrokenOff,
	/// It met a bound of the server; the rest is not streamed.
	Cut,
}

/// Some bytes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
	/// The stream's number, never 0. Where it is not the one in the question, the text is made
	/// again, and the part begins at 0.
	pub number: u64,
	/// Where the bytes begin: the offset in the question, or 0.
	pub offset: u64,
	/// Where the stream stands once these bytes are taken. Not [`StreamState::Going`] only with its
	/// last bytes.
	pub state: StreamState,
	/// The bytes, at most [`MAX_PART_BYTES`]. None where nothing came in time.
	pub bytes: Vec<u8>,
}

/// The answer to [`Tail`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
	/// There is no such stream, now.
	Unknown,
	/// Too many readers; ask later.
	Busy,
	/// The stream is not as long as the offset says.
	Refused,
	/// What follows.
	Part(Part),
}

impl Encode for Tail {
	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		(0u8, self.stream, self.number, self.offset).encode_to(output);
	}
}

impl Decode for Tail {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		match u8::decode(input)? {
			0 => Ok(Tail {
				stream: Decode::decode(input)?,
				number: Decode::decode(input)?,
				offset: Decode::decode(input)?,
			}),
			_ => Err("unknown request".into()),
		}
	}
}

impl StreamState {
	fn byte(self) -> u8 {
		match self {
			StreamState::Going => 0,
			StreamState::Finished => 1,
			StreamState::BrokenOff => 2,
			StreamState::Cut => 3,
		}
	}

	fn of(byte: u8) -> Result<Self, codec::Error> {
		match byte {
			0 => Ok(StreamState::Going),
			1 => Ok(StreamState::Finished),
			2 => Ok(StreamState::BrokenOff),
			3 => Ok(StreamState::Cut),
			_ => Err("unknown state of a stream".into()),
		}
	}
}

impl Encode for Answer {
	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		match self {
			Answer::Unknown => output.push_byte(0),
			Answer::Busy => output.push_byte(1),
			Answer::Refused => output.push_byte(2),
			Answer::Part(part) => {
				(3u8, part.number, part.offset, part.state.byte()).encode_to(output);
				part.bytes.encode_to(output);
			}
		}
	}
}

impl Decode for Answer {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		match u8::decode(input)? {
			0 => Ok(Answer::Unknown),
			1 => Ok(Answer::Busy),
			2 => Ok(Answer::Refused),
			3 => {
				let number = u64::decode(input)?;
				let offset = u64::decode(input)?;
				let state = StreamState::of(u8::decode(input)?)?;
				let mut bytes = vec![0; list_length(input, MAX_PART_BYTES)?];
				input.read(&mut bytes)?;
				match number {
					0 => Err("a stream has the number 0".into()),
					_ => Ok(Answer::Part(Part {
						number,
						offset,
						state,
						bytes,
					})),
				}
			}
			_ => Err("unknown answer".into()),
		}
	}
}

/// Reads and writes the messages on a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codec;

#[async_trait]
impl request_response::Codec for Codec {
	type Protocol = StreamProtocol;
	type Request = ReadTail;
	type Response = Answer;

	async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<ReadTail>
	where
		T: AsyncRead + Unpin + Send,
	{
		match read_message(io, MAX_TAIL_BYTES).await {
			Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Err(error.to_string())),
			result => result.map(Ok),
		}
	}

	async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Answer>
	where
		T: AsyncRead + Unpin + Send,
	{
		read_message(io, MAX_ANSWER_BYTES).await
	}

	async fn write_request<T>(
		&mut self,
		_: &StreamProtocol,
		io: &mut T,
		request: ReadTail,
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
		response: Answer,
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
	use codec::DecodeAll;
	use futures::{executor::block_on, io::Cursor};
	use proptest::prelude::*;

	fn part(bytes: usize) -> Answer {
		Answer::Part(Part {
			number: u64::MAX,
			offset: u64::MAX,
			state: StreamState::Cut,
			bytes: vec![7; bytes],
		})
	}

	fn decode(bytes: &[u8]) -> Result<Answer, codec::Error> {
		Answer::decode_all(&mut &bytes[..])
	}

	#[test]
	fn the_largest_messages_fit_their_bounds() {
		let tail = Tail {
			stream: [255; 32],
			number: u64::MAX,
			offset: u64::MAX,
		};
		assert_eq!(tail.encode().len(), MAX_TAIL_BYTES);
		assert_eq!(Tail::decode_all(&mut tail.encode().as_slice()), Ok(tail));
		let answer = part(MAX_PART_BYTES);
		assert!(answer.encode().len() <= MAX_ANSWER_BYTES);
		assert_eq!(decode(&answer.encode()), Ok(answer));
	}

	#[test]
	fn a_part_that_is_too_long_or_has_no_number_or_state_is_refused() {
		assert!(decode(&part(MAX_PART_BYTES + 1).encode()).is_err());
		let good = part(1).encode();
		assert!(decode(&good).is_ok());
		let mut numberless = good.clone();
		numberless[1..9].fill(0);
		assert!(decode(&numberless).is_err());
		let mut stateless = good;
		stateless[17] = 4;
		assert!(decode(&stateless).is_err());
	}

	#[test]
	fn every_truncation_and_every_extension_is_refused() {
		let answer = part(20).encode();
		for end in 0..answer.len() {
			assert!(decode(&answer[..end]).is_err(), "{end} bytes");
		}
		assert!(decode(&[&answer[..], &[0]].concat()).is_err());
	}

	#[test]
	fn an_oversize_request_is_a_violation_and_not_read() {
		let announced = (MAX_TAIL_BYTES as u32 + 1).to_le_bytes();
		let mut codec = Codec;
		let mut io = Cursor::new(announced.to_vec());
		let read = block_on(request_response::Codec::read_request(
			&mut codec, &PROTOCOL, &mut io,
		));
		assert!(read.expect("is reported").is_err());
	}

	proptest! {
		#[test]
		fn a_decoded_message_encodes_to_the_same_bytes(
			head in 0u8..5, bytes in proptest::collection::vec(0u8..20, 0..60),
		) {
			let bytes = [&[head][..], &bytes].concat();
			if let Ok(tail) = Tail::decode_all(&mut bytes.as_slice()) {
				prop_assert_eq!(tail.encode(), bytes.clone());
			}
			if let Ok(answer) = decode(&bytes) {
				prop_assert_eq!(answer.encode(), bytes);
			}
		}

		#[test]
		fn parts_survive_the_way(
			number in 1u64.., offset in any::<u64>(), state in 0u8..4,
			bytes in proptest::collection::vec(any::<u8>(), 0..100),
		) {
			let state = StreamState::of(state).expect("is known");
			let answer = Answer::Part(Part { number, offset, state, bytes });
			prop_assert_eq!(decode(&answer.encode()), Ok(answer));
		}
	}
}
