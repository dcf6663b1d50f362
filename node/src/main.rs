//! The program `aci-node`.

fn main() -> sc_cli::Result<()> {
	aci_node::command::run()
}
