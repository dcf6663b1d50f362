//! DER, written.

/// One element of a tag of one byte.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
	let mut bytes = vec![tag];
	bytes.extend(length(content.len()));
	bytes.extend(content);
	bytes
}

fn length(length: usize) -> Vec<u8> {
	match length {
		0..=0x7f => vec![length as u8],
		0x80..=0xff => vec![0x81, length as u8],
		0x100..=0xffff => vec![0x82, (length >> 8) as u8, length as u8],
		_ => vec![
			0x83,
			(length >> 16) as u8,
			(length >> 8) as u8,
			length as u8,
		],
	}
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
	element(0x30, &parts.concat())
}

pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
	element(0x31, &parts.concat())
}

pub fn oid(content: &[u8]) -> Vec<u8> {
	element(6, content)
}

pub fn octets(content: &[u8]) -> Vec<u8> {
	element(4, content)
}

pub fn bits(content: &[u8]) -> Vec<u8> {
	element(3, &[&[0], content].concat())
}

pub fn boolean(value: bool) -> Vec<u8> {
	element(1, &[if value { 0xff } else { 0 }])
}

/// An INTEGER that is not negative.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
	let mut content: Vec<u8> = bytes
		.iter()
		.copied()
		.skip_while(|byte| *byte == 0)
		.collect();
	if content.first().is_none_or(|first| *first >= 0x80) {
		content.insert(0, 0);
	}
	element(2, &content)
}

pub fn number(value: u64) -> Vec<u8> {
	unsigned(&value.to_be_bytes())
}

pub fn enumerated(value: u8) -> Vec<u8> {
	element(10, &[value])
}

/// An explicit context tag, also of a number above 30.
pub fn explicit(number: u32, content: &[u8]) -> Vec<u8> {
	if number < 31 {
		return element(0xa0 | number as u8, content);
	}
	let mut bytes = vec![0xbf];
	if number > 0x7f {
		bytes.push(0x80 | (number >> 7) as u8);
	}
	bytes.push(number as u8 & 0x7f);
	bytes.extend(length(content.len()));
	bytes.extend(content);
	bytes
}

/// A name with only a common name.
pub fn name(common: &str) -> Vec<u8> {
	sequence(&[set(&[sequence(&[
		oid(&[0x55, 4, 3]),
		element(12, common.as_bytes()),
	])])])
}

/// A GeneralizedTime.
pub fn time(seconds: u64) -> Vec<u8> {
	let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
	let mut year = 1970;
	let leap = |year: u64| {
		year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
	};
	while days >= 365 + u64::from(leap(year)) {
		days -= 365 + u64::from(leap(year));
		year += 1;
	}
	let mut month = 1;
	for length in [
		31,
		28 + u64::from(leap(year)),
		31,
		30,
		31,
		30,
		31,
		31,
		30,
		31,
		30,
		31,
	] {
		if days < length {
			break;
		}
		days -= length;
		month += 1;
	}
	let text = format!(
		"{year:04}{month:02}{:02}{:02}{:02}{:02}Z",
		days + 1,
		rest / 3600,
		rest / 60 % 60,
		rest % 60
	);
	element(24, text.as_bytes())
}
