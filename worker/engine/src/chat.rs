//! The chat template of a model, for one user message.
//!
//! GGUF files carry the template as a Jinja program. This crate runs no such program: it
//! recognises the ChatML shape, takes the default system prompt out of the template's text, and
//! renders
//!
//! ```text
//! <|im_start|>system\n{default system prompt}<|im_end|>\n
//! <|im_start|>user\n{message}<|im_end|>\n
//! <|im_start|>assistant\n
//! ```
//!
//! (without line breaks other than the `\n`), the system turn only where the template has a
//! default. A template of another shape is refused, never approximated.
//!
//! As in the template itself, the message is pasted as it is: a message that spells a control
//! token is read as one. It is the client's own prompt, so this crosses no border of trust.

use crate::error::{EngineError, Result};

const START: &str = "<|im_start|>";
const END: &str = "<|im_end|>";

/// A recognised ChatML template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTemplate {
	system: Option<String>,
}

impl ChatTemplate {
	/// Recognises the template text of a model.
	///
	/// # Errors
	///
	/// [`EngineError::UnsupportedChatTemplate`] for anything but ChatML.
	pub fn parse(template: &str) -> Result<Self> {
		let refuse = |reason| Err(EngineError::UnsupportedChatTemplate { reason });
		// Inside a Jinja string a line break may be written out or escaped.
		let template = template.replace("\\n", "\n");
		let compact: String = template.chars().filter(|c| *c != ' ').collect();
		if !compact
			.contains("'<|im_start|>'+message['role']+'\n'+message['content']+'<|im_end|>'+'\n'")
		{
			return refuse("its turns are not those of ChatML");
		}
		if !compact.contains("'<|im_start|>assistant\n'") {
			return refuse("it does not open the assistant's turn as ChatML does");
		}
		let opening = format!("{START}system\n");
		let Some((_, rest)) = template.split_once(&opening) else {
			return if template.contains("system") {
				refuse("it mentions a system prompt that is not a fixed text")
			} else {
				Ok(Self { system: None })
			};
		};
		let Some((system, _)) = rest.split_once(END) else {
			return refuse("its default system prompt does not end");
		};
		if system.contains(['\'', '{', '}']) {
			return refuse("its default system prompt is not a fixed text");
		}
		Ok(Self {
			system: Some(system.into()),
		})
	}

	/// The prompt for one user message, up to where the assistant's answer begins.
	pub fn render(&self, message: &str) -> String {
		let mut prompt = String::new();
		if let Some(system) = &self.system {
			prompt += &format!("{START}system\n{system}{END}\n");
		}
		prompt + &format!("{START}user\n{message}{END}\n{START}assistant\n")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const TURNS: &str = "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + \
		'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}\
		{{ '<|im_start|>assistant\n' }}{% endif %}";

	#[test]
	fn default_system_prompt_comes_from_the_template() {
		let template = format!(
			"{{% for message in messages %}}{{{{ '<|im_start|>system\nBe brief<|im_end|>\n' }}}}{TURNS}"
		);
		let rendered = "<|im_start|>system\nBe brief<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
			<|im_start|>assistant\n";
		assert_eq!(
			ChatTemplate::parse(&template).unwrap().render("Hi"),
			rendered
		);
		let escaped = template.replace('\n', "\\n");
		assert_eq!(
			ChatTemplate::parse(&escaped).unwrap().render("Hi"),
			rendered
		);
	}

	#[test]
	fn template_without_a_system_prompt_adds_none() {
		let template = format!("{{% for message in messages %}}{TURNS}");
		assert_eq!(
			ChatTemplate::parse(&template).unwrap().render("Hi"),
			"<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
		);
	}

	#[test]
	fn other_templates_are_refused() {
		let variable = format!("{{{{ '<|im_start|>system\n' + system + '<|im_end|>\n' }}}}{TURNS}");
		for template in ["", "{{ '[INST] ' + message['content'] }}", &variable] {
			let error = ChatTemplate::parse(template).unwrap_err();
			assert!(
				matches!(error, EngineError::UnsupportedChatTemplate { .. }),
				"{error}"
			);
		}
	}
}
