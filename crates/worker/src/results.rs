//! The results of a test or an analysis of a network, and their files.

use gainsweep_contract::Analysis;
use gainsweep_model::analysis::{Findings, of_network};
use gainsweep_model::metrics::{self, ContextResult};
use gainsweep_model::network::trace;
use gainsweep_model::testing::{self, TestInputs, TestRun};
use gainsweep_model::{Arrays, Engine, Experiment};
use gainsweep_store::{CellFolder, atomic};

use crate::failure::Failure;
use crate::output;

/// The results of a test.
pub(crate) struct Tested {
    /// By name, without those about the training.
    pub(crate) metrics: Vec<(String, f64)>,
    pub(crate) contexts: Vec<ContextResult>,
    /// What was recorded.
    pub(crate) run: TestRun,
}

/// The traces for the metrics.
pub(crate) const MEASURED: [&str; 2] = [trace::STIMULUS, trace::OUTPUT];

/// Runs a test and measures it; `record` contains [`MEASURED`].
pub(crate) fn test(
    engine: &mut dyn Engine,
    weights: &Arrays,
    inputs: &TestInputs,
    record: &[&str],
) -> Result<Tested, Failure> {
    let run = testing::run(engine, weights, inputs, record)?;
    let contexts = metrics::contexts(inputs, &run);
    // A test does not know the training.
    let about_training = |name: &str| name.starts_with("loss") || name == "batches";
    let metrics =
        metrics::summary(&[], &contexts).into_iter().filter(|(name, _)| !about_training(name)).collect();
    Ok(Tested { metrics, contexts, run })
}

/// The results of a network: of the plain test, or of an analysis.
pub(crate) enum Results {
    Tested(Tested),
    Analysed(Analysis, Findings),
}

/// Runs the test or analysis of the experiment's parameters.
pub(crate) fn measure(
    engine: &mut dyn Engine,
    weights: &Arrays,
    experiment: &Experiment,
) -> Result<Results, Failure> {
    if let Some(analysis) = experiment.parameters().analysis() {
        return Ok(Results::Analysed(analysis, of_network(analysis, engine, weights, experiment)?));
    }
    let inputs = experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Results::Tested(test(engine, weights, &inputs, &MEASURED)?))
}

impl Results {
    /// Scalars by name.
    pub(crate) fn metrics(&self) -> &[(String, f64)] {
        match self {
            Results::Tested(tested) => &tested.metrics,
            Results::Analysed(_, findings) => &findings.metrics,
        }
    }

    /// Writes `metrics.csv` and `contexts.csv`, and `history.csv` if something was trained.
    pub(crate) fn write(&self, folder: &CellFolder) -> Result<(), Failure> {
        let rows = match self {
            Results::Tested(tested) => output::contexts(&tested.contexts)?,
            Results::Analysed(_, findings) => {
                if !findings.losses.is_empty() {
                    atomic::write(&folder.history(), &output::losses(&findings.losses)?)?;
                }
                output::findings(findings)?
            }
        };
        atomic::write(&folder.contexts(), &rows)?;
        atomic::write(&folder.metrics(), &output::metrics(self.metrics())?)?;
        Ok(())
    }

    /// One line for people, with the first metric.
    pub(crate) fn summary(&self) -> String {
        match self {
            Results::Tested(tested) => format!(
                "tested in {} contexts, clarity {:.3}",
                tested.contexts.len(),
                metrics::of(&tested.metrics, "clarity")
            ),
            Results::Analysed(analysis, findings) => {
                let first = findings.metrics.first();
                let first = first.map_or_else(String::new, |(name, value)| format!(", {name} {value:.3}"));
                format!("{}{first}", analysis.name())
            }
        }
    }
}
