//! Values of every type, for tests of encodings.

use super::network::*;
use crate::{
	certificate::{
		CertifiedTimeout, Justification, PerAuthority, Phase, QuorumCertificate, TimeoutCertificate,
	},
	message::{
		FirstVote, Message, Proposal, SecondVote, Signed, SignedProposal, SignedTimeout, Statement,
		Timeout,
	},
	offence::{Conflict, OffenceProof},
	record::VoteRecord,
	types::{AuthorityIndex, Target, View},
};
use alloc::{boxed::Box, vec, vec::Vec};

/// `statement` with the signature of `signer`.
pub fn signed<T: Clone + Into<Statement>>(signer: AuthorityIndex, statement: T) -> Signed<T> {
	let payload = context().payload(&statement.clone().into());
	Signed {
		statement,
		signer,
		signature: signature(&key(signer), &payload),
	}
}

/// A first vote that rests on the view before.
pub fn first(view: View, target: Target) -> FirstVote {
	FirstVote {
		view,
		target,
		justify_view: view - 1,
		timeout_digest: None,
	}
}

/// A certificate of `signers`.
pub fn certificate(vote: Phase, signers: &[AuthorityIndex]) -> QuorumCertificate {
	let statement = match vote {
		Phase::First(vote) => Statement::First(vote),
		Phase::Second(vote) => Statement::Second(vote),
	};
	let signatures: Vec<_> = signers
		.iter()
		.map(|signer| (*signer, signed(*signer, statement.clone()).signature))
		.collect();
	QuorumCertificate {
		set: 0,
		vote,
		signatures: PerAuthority::try_from(signatures).expect("few"),
	}
}

pub fn first_certificate(
	view: View,
	target: Target,
	signers: &[AuthorityIndex],
) -> QuorumCertificate {
	certificate(Phase::First(first(view, target)), signers)
}

pub fn second_certificate(
	view: View,
	target: Target,
	signers: &[AuthorityIndex],
) -> QuorumCertificate {
	certificate(Phase::Second(SecondVote { view, target }), signers)
}

/// A timeout certificate in which each signer names the view beside it.
pub fn timeout_certificate(
	view: View,
	timeouts: &[(AuthorityIndex, View)],
	high: Option<QuorumCertificate>,
) -> TimeoutCertificate {
	let timeouts: Vec<_> = timeouts
		.iter()
		.map(|(signer, high_view)| CertifiedTimeout {
			signer: *signer,
			high_view: *high_view,
			signature: signed(
				*signer,
				Timeout {
					view,
					high_view: *high_view,
				},
			)
			.signature,
		})
		.collect();
	TimeoutCertificate {
		set: 0,
		view,
		timeouts: PerAuthority::try_from(timeouts).expect("few"),
		high: high.map(Box::new),
	}
}

/// A proposal of its view's leader in a set of four.
pub fn proposal(
	view: View,
	target: Target,
	justify: Option<QuorumCertificate>,
	timeouts: Option<TimeoutCertificate>,
) -> SignedProposal {
	SignedProposal {
		proposal: signed(
			(view % 4) as AuthorityIndex,
			Proposal {
				view,
				target,
				justify_view: justify.as_ref().map_or(0, QuorumCertificate::view),
				timeout_digest: timeouts.as_ref().map(TimeoutCertificate::digest),
			},
		),
		justify,
		timeouts,
	}
}

/// A timeout with the certificate that it names.
pub fn timeout(
	signer: AuthorityIndex,
	view: View,
	high: Option<QuorumCertificate>,
) -> SignedTimeout {
	SignedTimeout {
		timeout: signed(
			signer,
			Timeout {
				view,
				high_view: high.as_ref().map_or(0, QuorumCertificate::view),
			},
		),
		high,
	}
}

/// A record with every field set, whose certificate has `signers` signatures.
pub fn record(signers: u16) -> VoteRecord {
	let signers: Vec<AuthorityIndex> = (0..signers).collect();
	let target = block(3, 1);
	VoteRecord {
		context: context(),
		view: 9,
		proposal: Some(proposal(8, target, None, None).proposal),
		first: Some(signed(0, first(8, target))),
		second: Some(signed(0, SecondVote { view: 7, target })),
		timeout: Some(timeout(0, 6, None).timeout),
		high: Some(first_certificate(7, target, &signers)),
	}
}

/// One message of each kind.
pub fn messages() -> Vec<Message> {
	let target = block(1, 0);
	let high = first_certificate(1, target, &[0, 1, 2]);
	let timeouts = timeout_certificate(2, &[(0, 0), (1, 1), (3, 0)], Some(high.clone()));
	vec![
		Message::Proposal(proposal(
			3,
			target,
			Some(high.clone()),
			Some(timeouts.clone()),
		)),
		Message::Vote(signed(1, first(1, target)).into()),
		Message::Vote(signed(1, SecondVote { view: 1, target }).into()),
		Message::Timeout(timeout(2, 2, Some(high.clone()))),
		Message::Certificate(high),
		Message::Certificate(second_certificate(1, target, &[1, 2, 3])),
		Message::Timeouts(timeouts),
	]
}

/// One proof of each kind.
pub fn proofs() -> Vec<OffenceProof> {
	let (one, two) = (block(1, 0), block(1, 1));
	let proposals = [one, two].map(|target| {
		let signed = proposal(2, target, None, None).proposal;
		(signed.statement, signed.signature)
	});
	let firsts = [one, two].map(|target| {
		let signed = signed(2, first(2, target));
		(signed.statement, signed.signature)
	});
	let seconds = [one, two].map(|target| {
		let signed = signed(2, SecondVote { view: 2, target });
		(signed.statement, signed.signature)
	});
	let forgets = timeout(2, 3, None).timeout;
	let amnesia = Conflict::Amnesia {
		vote: seconds[0].clone(),
		timeout: (forgets.statement, forgets.signature),
	};
	[
		Conflict::Proposals(proposals),
		Conflict::FirstVotes(firsts),
		Conflict::SecondVotes(seconds),
		amnesia,
	]
	.into_iter()
	.map(|conflict| OffenceProof {
		context: context(),
		offender: key(2),
		conflict,
	})
	.collect()
}

/// A justification of three of four.
pub fn justification() -> Justification {
	Justification {
		certificate: second_certificate(1, block(1, 0), &[0, 2, 3]),
	}
}
