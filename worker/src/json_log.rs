//! The log as one JSON object a line: `time` (milliseconds since the Unix epoch), `level`, `target`
//! and the fields of the event, `message` among them.

use serde_json::{Map, Value};
use std::{
	fmt,
	time::{SystemTime, UNIX_EPOCH},
};
use tracing::{
	field::{Field, Visit},
	Event, Subscriber,
};
use tracing_subscriber::{
	fmt::{format::Writer, FmtContext, FormatEvent, FormatFields},
	registry::LookupSpan,
};

/// Writes events; see the module.
pub(crate) struct JsonLines;

struct Fields(Map<String, Value>);

impl Fields {
	fn put(&mut self, field: &Field, value: Value) {
		self.0.insert(field.name().into(), value);
	}
}

impl Visit for Fields {
	fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
		self.put(field, format!("{value:?}").into());
	}

	fn record_str(&mut self, field: &Field, value: &str) {
		self.put(field, value.into());
	}

	fn record_u64(&mut self, field: &Field, value: u64) {
		self.put(field, value.into());
	}

	fn record_i64(&mut self, field: &Field, value: i64) {
		self.put(field, value.into());
	}

	fn record_bool(&mut self, field: &Field, value: bool) {
		self.put(field, value.into());
	}
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
	S: Subscriber + for<'a> LookupSpan<'a>,
	N: for<'a> FormatFields<'a> + 'static,
{
	fn format_event(
		&self,
		_: &FmtContext<'_, S, N>,
		mut writer: Writer<'_>,
		event: &Event<'_>,
	) -> fmt::Result {
		let mut fields = Fields(Map::new());
		event.record(&mut fields);
		let time = SystemTime::now().duration_since(UNIX_EPOCH);
		let time = time.map_or(0, |since| since.as_millis() as u64);
		fields.0.insert("time".into(), time.into());
		let metadata = event.metadata();
		fields
			.0
			.insert("level".into(), metadata.level().as_str().into());
		fields.0.insert("target".into(), metadata.target().into());
		writeln!(writer, "{}", Value::Object(fields.0))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{
		io::Write,
		sync::{Arc, Mutex},
	};

	#[derive(Clone, Default)]
	struct Sink(Arc<Mutex<Vec<u8>>>);

	impl Write for Sink {
		fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
			self.0.lock().expect("no panic").write(bytes)
		}

		fn flush(&mut self) -> std::io::Result<()> {
			Ok(())
		}
	}

	#[test]
	fn a_line_is_a_json_object_with_all_fields() {
		let sink = Sink::default();
		let writer = sink.clone();
		let subscriber = tracing_subscriber::fmt()
			.with_writer(move || writer.clone())
			.event_format(JsonLines)
			.finish();
		tracing::subscriber::with_default(subscriber, || {
			tracing::info!(count = 3u64, name = "a \"name\"", "a message");
		});
		let bytes = sink.0.lock().expect("no panic").clone();
		let line: Value = serde_json::from_slice(&bytes).expect("is JSON");
		assert_eq!(line["message"], "a message");
		assert_eq!(line["count"], 3);
		assert_eq!(line["name"], "a \"name\"");
		assert_eq!(line["level"], "INFO");
	}
}
