use clap::CommandFactory;

use super::*;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_that_does_something_shows_an_example() {
    fn check(command: &clap::Command, path: &str) {
        if command.has_subcommands() {
            command.get_subcommands().for_each(|sub| check(sub, &format!("{path} {}", sub.get_name())));
            return;
        }
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains("Example"), "{path} --help shows no example");
    }
    check(&Cli::command(), "assent");
}

/// The words of a command as a shell reads it, as far as examples go: apostrophes keep words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

#[test]
fn every_example_is_understood() {
    fn check(command: &clap::Command, seen: &mut usize) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.replace("\\\n", " ").lines().map(str::trim).filter(|line| line.starts_with("assent ")) {
            let names = ["PSEUDONYM", "ID", "HASH", "TRANSACTION", "OLD_KEY_ID", "BASIS_ID", "5f0c..."];
            let word = |word: &str| {
                if names.contains(&word) { "5f".repeat(32) } else { word.replace("PSEUDONYM", &"5f".repeat(32)) }
            };
            if let Err(error) = Cli::try_parse_from(words(line).iter().map(|text| word(text))) {
                panic!("{line}: {error}");
            }
            *seen += 1;
        }
        command.get_subcommands().for_each(|sub| check(sub, seen));
    }
    let mut seen = 0;
    check(&Cli::command(), &mut seen);
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_flag_is_long_and_documented() {
    fn check(command: &clap::Command, path: &str) {
        for argument in command.get_arguments() {
            assert!(argument.get_short().is_none(), "{path}: {} has a short flag", argument.get_id());
            assert!(argument.get_help().is_some(), "{path}: {} has no help", argument.get_id());
        }
        command.get_subcommands().for_each(|sub| check(sub, &format!("{path} {}", sub.get_name())));
    }
    check(&Cli::command(), "assent");
}

#[test]
fn a_sample_network_is_made_once_and_every_file_of_it_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("net");
    let arguments = || ["assent", "--json", "genesis", "sample", "--base-port", "21000", "--out"].map(OsString::from);
    let sample = || run(arguments().into_iter().chain([out.clone().into_os_string()]));
    assert_eq!(sample(), ExitCode::SUCCESS);
    assert_eq!(sample(), ExitCode::from(2), "an existing folder is never overwritten");
    let slugs = ["shenzhen-hospital", "hongkong-hospital", "hongkong-insurer", "regulator", "second-insurer"];
    for slug in slugs {
        let folder = out.join(slug);
        let config = crate::config::NodeConfig::load(&folder.join("node.toml")).unwrap();
        crate::keyfile::load(&config.keys.node, assent_types::key::KeyUsage::Node).unwrap();
        assert_eq!(config.keys.validate.is_some(), slug != "second-insurer");
        let client = context::ClientFile::load(&folder.join("client.toml")).unwrap();
        assert_eq!(client.endpoints[0].node, config.org, "the own node is asked first");
        context::load_key(&client.key).unwrap();
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(config.api.tls_key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let chain = std::fs::read_to_string(out.join("chain")).unwrap();
    let doc =
        assent_genesis::GenesisDoc::from_toml(&std::fs::read_to_string(out.join("genesis.toml")).unwrap()).unwrap();
    assert_eq!(assent_genesis::build(&doc).unwrap().chain.to_string(), chain.trim());
}
