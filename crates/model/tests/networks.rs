//! The table of parameters agrees with each network's folder.

mod support;

use gainsweep_contract::analysis::STAGES;
use gainsweep_contract::schema::Model;
use gainsweep_contract::{Analysis, Parameters, ValueMap};
use gainsweep_model::Network;
use support::{every_network, parameters, text};

fn each() -> impl Iterator<Item = (Model, Network)> {
    let networks = every_network(&[1.0]).into_iter().map(|options| parameters(&options));
    networks.map(|parameters| (parameters.model(), Network::from_parameters(&parameters)))
}

#[test]
fn stages_are_traces_from_stimulus_to_output() {
    for (model, network) in each() {
        let (stages, traces) = (model.stages(), network.traces());
        assert_eq!((stages.first(), stages.last()), (Some(&"x"), Some(&"y")), "{model:?}");
        for stage in stages {
            assert!(traces.contains(stage), "{model:?} has no trace for its stage {stage}");
            assert!(STAGES.contains(stage), "{stage} of {model:?} is no value of `stage`");
        }
        for activity in network.activities() {
            assert!(stages.contains(&activity.name), "{} of {model:?} is no stage", activity.name);
        }
    }
}

#[test]
fn analyses_are_for_the_networks_that_have_what_they_look_at() {
    for (model, network) in each() {
        let is_for = |analysis: Analysis| analysis.models().contains(&model);
        assert_eq!(is_for(Analysis::Switching), network.modulated_trace().is_some(), "{model:?}");
        for analysis in [Analysis::FrozenFeedback, Analysis::PrincipalComponents, Analysis::Drive] {
            assert_eq!(is_for(analysis), network.gains().is_some(), "{analysis:?} of {model:?}");
        }
    }
}

/// Metadata of the published code for each network, with only the required keys.
#[test]
fn each_network_is_known_by_its_published_parameters() {
    for model in Model::ALL {
        let json = serde_json::json!({"model": model.name(), "signal_dim": 2, "hidden_dim": 3}).to_string();
        let values: ValueMap = gainsweep_model::networks::published::parameters(&json).expect("parameters");
        assert_eq!(Parameters::resolve(&values).expect("they are right").model(), model);
        assert_eq!(values["model"], text(model.name()));
    }
}
