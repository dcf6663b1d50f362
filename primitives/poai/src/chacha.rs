//! The ChaCha20 block function (RFC 8439 §2.3), used as a counter-based generator.
//!
//! Guarantees: `block(key, counter, nonce)` is the RFC's 64-byte block, on every platform. Any
//! block can be computed without the ones before it, so a verifier can look at a single token.

/// Words of a block.
const WORDS: usize = 16;
/// "expand 32-byte k", the constant of RFC 8439 §2.3.
const CONSTANT: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// As many blocks as are best computed side by side, so that a compiler can use wide registers.
pub const LANES: usize = 8;

/// The same word of several blocks.
type Word<const L: usize> = [u32; L];

fn add<const L: usize>(left: Word<L>, right: Word<L>) -> Word<L> {
	core::array::from_fn(|lane| left[lane].wrapping_add(right[lane]))
}

/// Exclusive or, then a turn to the left.
fn mix<const TURN: u32, const L: usize>(left: Word<L>, right: Word<L>) -> Word<L> {
	core::array::from_fn(|lane| (left[lane] ^ right[lane]).rotate_left(TURN))
}

fn quarter_round<const L: usize>(
	state: &mut [Word<L>; WORDS],
	a: usize,
	b: usize,
	c: usize,
	d: usize,
) {
	state[a] = add(state[a], state[b]);
	state[d] = mix::<16, L>(state[d], state[a]);
	state[c] = add(state[c], state[d]);
	state[b] = mix::<12, L>(state[b], state[c]);
	state[a] = add(state[a], state[b]);
	state[d] = mix::<8, L>(state[d], state[a]);
	state[c] = add(state[c], state[d]);
	state[b] = mix::<7, L>(state[b], state[c]);
}

/// The blocks of `key` and `nonce` from `counter` on, wrapping, word by word: the word `w` of the
/// block `counter + lane` is `blocks(..)[w][lane]`.
pub fn blocks<const L: usize>(key: &[u32; 8], counter: u32, nonce: &[u32; 3]) -> [Word<L>; WORDS] {
	let mut initial = [[0u32; L]; WORDS];
	let fixed = CONSTANT.iter().chain(key).chain(&[0]).chain(nonce);
	for (word, value) in initial.iter_mut().zip(fixed) {
		*word = [*value; L];
	}
	initial[12] = core::array::from_fn(|lane| counter.wrapping_add(lane as u32));
	let mut state = initial;
	for _ in 0..10 {
		quarter_round(&mut state, 0, 4, 8, 12);
		quarter_round(&mut state, 1, 5, 9, 13);
		quarter_round(&mut state, 2, 6, 10, 14);
		quarter_round(&mut state, 3, 7, 11, 15);
		quarter_round(&mut state, 0, 5, 10, 15);
		quarter_round(&mut state, 1, 6, 11, 12);
		quarter_round(&mut state, 2, 7, 8, 13);
		quarter_round(&mut state, 3, 4, 9, 14);
	}
	for (word, start) in state.iter_mut().zip(initial) {
		*word = add(*word, start);
	}
	state
}

/// The block of `key` (8 little-endian words), `counter` and `nonce`, as 16 words.
pub fn block(key: &[u32; 8], counter: u32, nonce: &[u32; 3]) -> [u32; WORDS] {
	blocks::<1>(key, counter, nonce).map(|[word]| word)
}

/// A block as 8 numbers of 64 bits.
pub fn pairs(block: &[u32; WORDS]) -> [u64; WORDS / 2] {
	core::array::from_fn(|index| {
		u64::from(block[2 * index]) | u64::from(block[2 * index + 1]) << 32
	})
}

/// The blocks of one key and nonce in order, [`LANES`] at a time.
#[cfg(not(feature = "accelerated"))]
pub struct Stream {
	key: [u32; 8],
	nonce: [u32; 3],
	counter: u32,
}

#[cfg(not(feature = "accelerated"))]
impl Stream {
	/// From block 0 on.
	pub fn new(key: &[u32; 8], nonce: &[u32; 3]) -> Self {
		Stream {
			key: *key,
			nonce: *nonce,
			counter: 0,
		}
	}

	/// The next blocks, as [`pairs`] does.
	pub fn next_words(&mut self) -> [[u64; WORDS / 2]; LANES] {
		let words = blocks::<LANES>(&self.key, self.counter, &self.nonce);
		self.counter = self.counter.wrapping_add(LANES as u32);
		core::array::from_fn(|lane| pairs(&words.map(|word| word[lane])))
	}
}

/// The blocks of one key and nonce in order, [`LANES`] at a time, by the crate `chacha20`.
#[cfg(feature = "accelerated")]
pub struct Stream(chacha20::ChaCha20);

#[cfg(feature = "accelerated")]
impl Stream {
	/// From block 0 on.
	pub fn new(key: &[u32; 8], nonce: &[u32; 3]) -> Self {
		use chacha20::cipher::KeyIvInit;
		let mut bytes = [0u8; 44];
		for (bytes, word) in bytes.chunks_exact_mut(4).zip(key.iter().chain(nonce)) {
			bytes.copy_from_slice(&word.to_le_bytes());
		}
		let (key, nonce) = bytes.split_at(32);
		Stream(chacha20::ChaCha20::new(key.into(), nonce.into()))
	}

	/// The next blocks, as [`pairs`] does; zeros behind the generator's last block, 2^32 tokens times
	/// eight away.
	pub fn next_words(&mut self) -> [[u64; WORDS / 2]; LANES] {
		use chacha20::cipher::StreamCipher;
		let mut bytes = [[[0u8; 8]; WORDS / 2]; LANES];
		let _ = self
			.0
			.try_apply_keystream(bytes.as_flattened_mut().as_flattened_mut());
		bytes.map(|block| block.map(u64::from_le_bytes))
	}
}

/// 32 bytes as 8 little-endian words.
pub fn key_words(key: &[u8; 32]) -> [u32; 8] {
	let mut words = [0u32; 8];
	for (word, bytes) in words.iter_mut().zip(key.chunks_exact(4)) {
		*word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
	}
	words
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_stream_is_the_blocks_in_order() {
		let key = core::array::from_fn(|index| 0x0101_0101 * index as u32 + 7);
		let nonce = [0, 3, 1 << 31];
		let mut stream = Stream::new(&key, &nonce);
		for group in 0..40 {
			for (lane, words) in (0u32..).zip(stream.next_words()) {
				let counter = group * LANES as u32 + lane;
				assert_eq!(
					words,
					pairs(&block(&key, counter, &nonce)),
					"block {counter}"
				);
			}
		}
	}

	/// Test vector of RFC 8439 §2.3.2.
	#[test]
	fn block_is_the_one_of_rfc_8439() {
		let key: [u8; 32] = core::array::from_fn(|index| index as u8);
		let nonce = [0x0900_0000, 0x4a00_0000, 0x0000_0000];
		let expected = [
			0xe4e7_f110,
			0x1559_3bd1,
			0x1fdd_0f50,
			0xc471_20a3,
			0xc7f4_d1c7,
			0x0368_c033,
			0x9aaa_2204,
			0x4e6c_d4c3,
			0x4664_82d2,
			0x09aa_9f07,
			0x05d7_c214,
			0xa202_8bd9,
			0xd19c_12b5,
			0xb94e_16de,
			0xe883_d0cb,
			0x4e3c_50a2,
		];
		assert_eq!(block(&key_words(&key), 1, &nonce), expected);
		// The same block in each of the lanes.
		for lane in 0..LANES {
			let first = 1u32.wrapping_sub(lane as u32);
			let found = blocks::<LANES>(&key_words(&key), first, &nonce).map(|word| word[lane]);
			assert_eq!(found, expected, "lane {lane}");
		}
	}
}
