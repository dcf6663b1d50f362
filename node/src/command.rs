//! Runs what the command line asks for.

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	finality, service,
};
use aci_runtime::opaque::Block;
use sc_cli::SubstrateCli;
use sc_service::PartialComponents;

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"ACI Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		"Node of the ACI chain, on which AI computation is bought and sold.".into()
	}

	fn author() -> String {
		"The ACI authors".into()
	}

	fn support_url() -> String {
		"the issues of the project's repository".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		chain_spec::load(id).map(|spec| Box::new(spec) as Box<_>)
	}
}

/// Parses the command line and runs it.
pub fn run() -> sc_cli::Result<()> {
	let cli = Cli::from_args();

	match &cli.subcommand {
		Some(Subcommand::Key(command)) => command.run(&cli),
		#[allow(deprecated)]
		Some(Subcommand::BuildSpec(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.chain_spec, config.network)),
		Some(Subcommand::ExportChainSpec(command)) => {
			// No runner: the specification alone goes to standard output.
			let spec = cli.load_spec(&command.chain)?;
			command.run(spec)
		}
		Some(Subcommand::CheckBlock(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				import_queue,
				..
			} = service::new_partial(&config, None)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(command)) => {
			cli.create_runner(command)?.async_run(|config| {
				let PartialComponents {
					client,
					task_manager,
					..
				} = service::new_partial(&config, None)?;
				Ok((command.run(client, config.database), task_manager))
			})
		}
		Some(Subcommand::ExportState(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				..
			} = service::new_partial(&config, None)?;
			Ok((command.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::ImportBlocks(command)) => {
			cli.create_runner(command)?.async_run(|config| {
				let PartialComponents {
					client,
					task_manager,
					import_queue,
					..
				} = service::new_partial(&config, None)?;
				Ok((command.run(client, import_queue), task_manager))
			})
		}
		Some(Subcommand::PurgeChain(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.database)),
		Some(Subcommand::Revert(command)) => cli.create_runner(command)?.async_run(|config| {
			let engine = chain_spec::Extensions::engine(config.chain_spec.as_ref());
			let PartialComponents {
				client,
				task_manager,
				backend,
				..
			} = service::new_partial(&config, None)?;
			let revert_finality = Box::new(move |client, _, blocks| {
				finality::revert(engine, client, blocks)?;
				Ok(())
			});
			Ok((
				command.run(client, backend, Some(revert_finality)),
				task_manager,
			))
		}),
		Some(Subcommand::ChainInfo(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run::<Block>(&config)),
		None => {
			let options = service::Options {
				sealing: cli.run.sealing,
				runtime_cache: cli.run.runtime_cache.clone(),
			};
			cli.create_runner(&cli.run.base)?
				.run_node_until_exit(|config| async move {
					service::start(config, options)
						.await
						.map_err(sc_cli::Error::Service)
				})
		}
	}
}
