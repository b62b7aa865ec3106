//! `demo`: the three demos of the published code, each from a saved network or from scratch.

mod figures;
mod findings;
mod lines;

use std::path::{Path, PathBuf};

use gainsweep_behaviour::{Figure, Figures};
use gainsweep_contract::schema::Model;
use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_model::{Arrays, Engine, Experiment};
use gainsweep_store::CellFolder;
use gainsweep_store::csv_table::{self, Ending};

use crate::arguments::{self, DemoName};
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::signals::StopFlag;
use crate::{engine, plots, test, train};

/// Folder of the training in that of the demo.
const NETWORK: &str = "network";

/// `demo`.
pub(crate) fn run(arguments: &arguments::Demo) -> Result<(), Failure> {
    let demo = arguments.name;
    if arguments.repetitions.is_some() && demo != DemoName::InvariantSubspace {
        return Err(Failure::Usage("--repetitions belongs to the demo invariant-subspace".into()));
    }
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("demo-{}", demo.words())));
    let (file, stop) = if let Some(file) = &arguments.model {
        (file.clone(), None)
    } else {
        let (folder, stop) = trained(arguments, &out)?;
        (folder.model(), Some(stop))
    };
    let mut subject = Subject::read(arguments, &file, stop)?;
    let mut shown = figures::of(demo, &mut subject)?;
    if arguments.model.is_none() {
        let losses = losses(&out.join(NETWORK))?;
        shown.figures.insert(0, Figure { name: "loss", sheet: gainsweep_behaviour::loss(&losses) });
    }
    let names: Vec<&str> = shown.figures.iter().map(|figure| figure.name).collect();
    let findings = findings::Report { demo, network: &file, metrics: &shown.metrics, figures: &names };
    findings.print(arguments.json)?;
    plots::write(&out, &Figures { drawn: shown.figures, left_out: Vec::new() })
}

/// Trains the demo's network in its folder, as `train` does, unless that is done.
fn trained(arguments: &arguments::Demo, out: &Path) -> Result<(CellFolder, StopFlag), Failure> {
    let stop = StopFlag::listen()?;
    let demo = arguments.name;
    let mut given = demo.parameters();
    given.insert("batches".into(), Value::Integer(arguments.batches));
    given.insert("seed".into(), Value::Integer(arguments.seed.unwrap_or(demo.seed())));
    let folder = out.join(NETWORK);
    train::into_folder(&arguments.training, &folder, test::resolve(&given)?, &stop)?;
    Ok((CellFolder::at(&folder), stop))
}

/// The losses of a finished training.
fn losses(folder: &Path) -> Result<Vec<f64>, Failure> {
    let path = CellFolder::at(folder).history();
    let unreadable =
        || Failure::Other(format!("`{}` is not there or damaged: no loss can be drawn", path.display()));
    let table = csv_table::read(&path, Ending::Whole).map_err(|error| Failure::Other(error.to_string()))?;
    let table = table.ok_or_else(unreadable)?;
    let column = table.column("loss").ok_or_else(unreadable)?;
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse().ok();
    let losses = table.rows.iter().map(|row| number(&row[column]));
    losses.collect::<Option<Vec<f64>>>().ok_or_else(unreadable)
}

/// A trained network that can be asked.
struct Subject<'a> {
    arguments: &'a arguments::Demo,
    /// Its parameters as they are in its file.
    given: ValueMap,
    trained: Parameters,
    weights: Arrays,
    engine: Box<dyn Engine>,
    /// After a training, which listens to signals.
    stop: Option<StopFlag>,
}

impl Subject<'_> {
    /// Reads a network file, or says why it is not for this demo.
    fn read<'a>(
        arguments: &'a arguments::Demo,
        file: &Path,
        stop: Option<StopFlag>,
    ) -> Result<Subject<'a>, Failure> {
        let (given, weights) = test::read(file)?;
        let trained = test::resolve(&given)?;
        arguments.name.accepts(file, &trained)?;
        let network = gainsweep_model::Network::from_parameters(&trained);
        network
            .check_weights(&weights)
            .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        let engine = engine::choose(&arguments.training.compute, network)?;
        Ok(Subject { arguments, given, trained, weights, engine, stop })
    }

    /// Its test, with more parameters.
    fn experiment(&self, purpose: Purpose, more: &[(&str, Value)]) -> Result<Experiment, Failure> {
        if self.stop.as_ref().is_some_and(StopFlag::is_raised) {
            return Err(Failure::Stopped("the network is trained; run again to draw".into()));
        }
        let mut given = self.given.clone();
        test::set(&mut given, "test_seed", self.arguments.test_seed.map(Value::Integer));
        for (name, value) in more {
            given.insert((*name).to_string(), value.clone());
        }
        let parameters = test::resolve(&given)?;
        memory::check(&parameters, purpose)?;
        Ok(Experiment::new(parameters))
    }

    /// An analysis of it, with parameters of its own.
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

    /// The fixed weights of the spatial network that seed 1 draws hardly let four feedback signals reach all entries of the
    /// unmixing matrix, and its training ends on a plateau; those of seed 4 do.
    fn seed(self) -> i64 {
        if self.model() == Model::Spatial { 4 } else { 1 }
    }

    /// What the published demo trains; the rest are defaults.
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

    /// Is a network one that this demo can show?
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
                "`{}` is a network of the model {}, the demo {} shows one of the model {}: give it such a network{other}, \
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
                "`{}` unmixes {count} sources, the planes of the demo {} are those of two outputs: give it a network of \
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
