//! `demo`: the three demos of the published code, each from a saved network or from scratch.

mod figures;
mod findings;
mod lines;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gainsweep_contract::schema::Model;
use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_model::{Arrays, Engine, Experiment};
use gainsweep_store::CellFolder;
use gainsweep_store::csv_table::{self, Ending};

use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::network_figures::{self, Figure, Figures};
use crate::signals::StopFlag;
use crate::training::{self, TrainingOptions};
use crate::{cell, engine, network_file, parameters, plots};

/// The training's folder inside the demo's folder.
const NETWORK: &str = "network";

/// Run one of the paper's three demos, from a saved network or trained from scratch: findings and figures.
///
/// Without --model it trains as `train` does, with the same checkpoints, signals and exit codes. A second
/// call resumes the training; if it is finished, it only draws.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The demo.
    #[arg(value_enum)]
    pub(crate) name: DemoName,
    /// A saved network instead of a training: a `model.safetensors` of `train`, or one exported from the
    /// published code.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["batches", "seed"])]
    pub(crate) model: Option<PathBuf>,
    /// Folder for the figures, and for the training in its subfolder `network`; created if missing [default:
    /// demo-NAME].
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
    /// Batches of the training.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) batches: i64,
    /// Seed of the training [default: 1; 4 for networks with a population, because with the fixed weights of
    /// seed 1 feedback hardly reaches all entries of the unmixing matrix].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) seed: Option<i64>,
    /// Seed of contexts and noise of the tests [default: the network's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) test_seed: Option<i64>,
    /// Repetitions with frozen feedback, of invariant-subspace [default: 40].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) repetitions: Option<i64>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) training: TrainingOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoName {
    /// Feedback unmixes two sources by modulating the weights of a readout (paper, Figure 1).
    ProofOfConcept,
    /// A few signals that reach many units do it, too, while single units stay unclear (Figures 3 and 4).
    DiffuseModulation,
    /// Feedback turns the population's activity so that a fixed readout stays right (Figure 5).
    InvariantSubspace,
}

/// `demo`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let demo = options.name;
    if options.repetitions.is_some() && demo != DemoName::InvariantSubspace {
        return Err(Failure::Usage("--repetitions belongs to the demo invariant-subspace".into()));
    }
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("demo-{}", demo.words())));
    let (file, stop) = if let Some(file) = &options.model {
        (file.clone(), None)
    } else {
        let (folder, stop) = trained(options, &out)?;
        (folder.model(), Some(stop))
    };
    let mut subject = Subject::read(options, &file, stop)?;
    let mut shown = figures::of(demo, &mut subject)?;
    if options.model.is_none() {
        let losses = losses(&out.join(NETWORK))?;
        shown.figures.insert(0, Figure { name: "loss", sheet: network_figures::loss(&losses) });
    }
    let names: Vec<&str> = shown.figures.iter().map(|figure| figure.name).collect();
    let findings = findings::Report { demo, network: &file, metrics: &shown.metrics, figures: &names };
    findings.print(options.json)?;
    plots::write(&out, &Figures { drawn: shown.figures, left_out: Vec::new() })
}

/// Trains the demo's network in its folder, as `train` does, unless that was done before.
fn trained(options: &Options, out: &Path) -> Result<(CellFolder, StopFlag), Failure> {
    let stop = StopFlag::listen()?;
    let demo = options.name;
    let mut given = demo.parameters();
    given.insert("batches".into(), Value::Integer(options.batches));
    given.insert("seed".into(), Value::Integer(options.seed.unwrap_or(demo.seed())));
    let folder = out.join(NETWORK);
    let parameters = parameters::resolve(&given)?;
    options.training.check()?;
    if let Some(cell) = cell::claim(&folder, &parameters)? {
        training::train(&options.training, &cell, parameters, &stop)?;
    }
    Ok((CellFolder::at(&folder), stop))
}

/// The losses of a finished training.
fn losses(folder: &Path) -> Result<Vec<f64>, Failure> {
    let path = CellFolder::at(folder).history();
    let unreadable =
        || Failure::Other(format!("`{}` is missing or damaged: cannot draw the loss", path.display()));
    let table = csv_table::read(&path, Ending::Whole).map_err(|error| Failure::Other(error.to_string()))?;
    let table = table.ok_or_else(unreadable)?;
    let column = table.column("loss").ok_or_else(unreadable)?;
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse().ok();
    let losses = table.rows.iter().map(|row| number(&row[column]));
    losses.collect::<Option<Vec<f64>>>().ok_or_else(unreadable)
}

/// The network that the demo examines.
struct Subject<'a> {
    options: &'a Options,
    /// Its parameters, as in its file.
    given: ValueMap,
    trained: Parameters,
    weights: Arrays,
    engine: Box<dyn Engine>,
    /// Set after a training, which listens to signals.
    stop: Option<StopFlag>,
}

impl Subject<'_> {
    /// Reads a network file; fails if it does not fit this demo.
    fn read<'a>(options: &'a Options, file: &Path, stop: Option<StopFlag>) -> Result<Subject<'a>, Failure> {
        let (given, weights) = network_file::read(file)?;
        let trained = parameters::resolve(&given)?;
        options.name.accepts(file, &trained)?;
        let network = gainsweep_model::Network::from_parameters(&trained);
        network
            .check_weights(&weights)
            .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        let engine = engine::choose(&options.training.compute, &network)?;
        Ok(Subject { options, given, trained, weights, engine, stop })
    }

    /// Its test, with more parameters.
    fn experiment(&self, purpose: Purpose, more: &[(&str, Value)]) -> Result<Experiment, Failure> {
        if self.stop.as_ref().is_some_and(StopFlag::is_raised) {
            return Err(Failure::Stopped("the network is trained; run again to draw".into()));
        }
        let mut given = self.given.clone();
        parameters::set(&mut given, "test_seed", self.options.test_seed.map(Value::Integer));
        for (name, value) in more {
            given.insert((*name).to_string(), value.clone());
        }
        let parameters = parameters::resolve(&given)?;
        memory::check(&parameters, purpose)?;
        Ok(Experiment::new(parameters))
    }

    /// An analysis of it, with its own parameters.
    fn analysis(&self, name: &str, more: &[(&str, Value)]) -> Result<Experiment, Failure> {
        let network = Value::Text(self.trained.id().to_string());
        let mut all = vec![("analysis", Value::Text(name.into())), ("network", network)];
        all.extend_from_slice(more);
        self.experiment(Purpose::Test, &all)
    }
}

impl DemoName {
    /// As on the command line.
    fn words(self) -> &'static str {
        match self {
            DemoName::ProofOfConcept => "proof-of-concept",
            DemoName::DiffuseModulation => "diffuse-modulation",
            DemoName::InvariantSubspace => "invariant-subspace",
        }
    }

    fn model(self) -> Model {
        match self {
            DemoName::ProofOfConcept => Model::Modulation,
            DemoName::DiffuseModulation | DemoName::InvariantSubspace => Model::Spatial,
        }
    }

    fn sources(self) -> &'static str {
        match self {
            DemoName::ProofOfConcept | DemoName::DiffuseModulation => "chords",
            DemoName::InvariantSubspace => "sines",
        }
    }

    /// With the fixed weights of seed 1, four feedback signals of the spatial network hardly reach all
    /// entries of the unmixing matrix, and the training ends on a plateau; with those of seed 4 they do.
    fn seed(self) -> i64 {
        if self.model() == Model::Spatial { 4 } else { 1 }
    }

    /// The parameters of the published demo that are not defaults.
    fn parameters(self) -> ValueMap {
        let text = |text: &str| Value::Text(text.into());
        let mut given: ValueMap = [("model", text(self.model().name())), ("sources", text(self.sources()))]
            .map(|(name, value)| (name.to_string(), value))
            .into();
        if self == DemoName::ProofOfConcept {
            given.insert("tau".into(), Value::Float(1.0));
        }
        given
    }

    /// Can this demo show the network?
    fn accepts(self, file: &Path, trained: &Parameters) -> Result<(), Failure> {
        let (model, expected) = (trained.model(), self.model());
        if model != expected {
            let all = [DemoName::ProofOfConcept, DemoName::DiffuseModulation, DemoName::InvariantSubspace];
            let fitting: Vec<&str> =
                all.into_iter().filter(|demo| demo.model() == model).map(DemoName::words).collect();
            let other = match fitting.as_slice() {
                [] => String::new(),
                names => format!(", run the demo {} with this one", names.join(" or ")),
            };
            return Err(Failure::Usage(format!(
                "`{}` is a network of the model {}, the demo {} needs one of the model {}: use such a network{other}, \
                 or leave out --model to train one",
                file.display(),
                model.name(),
                self.words(),
                expected.name(),
            )));
        }
        let count = trained.count("number_of_sources");
        if self == DemoName::InvariantSubspace && count != 2 {
            return Err(Failure::Usage(format!(
                "`{}` unmixes {count} sources, the planes of the demo {} need two outputs: use a network of \
                 two sources, or leave out --model to train one",
                file.display(),
                self.words(),
            )));
        }
        if trained.text("sources") != self.sources() {
            tell(&format!(
                "note: this network was trained on the sources `{}`, the published one on `{}`",
                trained.text("sources"),
                self.sources(),
            ));
        }
        Ok(())
    }
}
