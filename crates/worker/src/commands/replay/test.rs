//! Mode `test`: one trial through contexts, with metrics; or the frozen-feedback experiment.

use gainsweep_model::analysis::decoding::source_decoding;
use gainsweep_model::analysis::frozen_feedback::readout_planes;
use gainsweep_model::analysis::subspace::PrincipalComponents;
use gainsweep_model::network::{state, trace};
use gainsweep_model::testing::{self, Freeze, TestInputs, TestRun};
use gainsweep_model::{Array, Arrays, metrics};

use super::{AnyEngine, Case, Problem, Replayed};

/// Large traces are stored once in this many steps.
const EVERY: usize = 20;
/// Principal components that the frozen-feedback experiment reports.
const COMPONENTS: usize = 3;
/// Samples of one phase of the experiment.
const PHASE: usize = 500;

pub(super) fn replay(case: &Case, engine: AnyEngine<'_>) -> Replayed {
    let freeze = match case.metadata.get("freeze_fb_after") {
        // In the published code 0 means "off".
        Some(_) => Some(case.number("freeze_fb_after")?).filter(|from: &usize| *from > 0),
        None => None,
    };
    // It freezes only networks with a population.
    let freeze = freeze.filter(|_| case.network.population_trace().is_some());
    let steps = || case.number("freeze_steps").unwrap_or(PHASE);
    let freeze = freeze.map(|from_context| Freeze { from_context, steps: steps() });
    let inputs = inputs(case, "in.mixing", "in.noise", freeze)?;
    let run = testing::run(engine, &case.weights, &inputs, &recorded(case))?;
    let mut arrays = Arrays::new();
    store_traces(case, &run, &mut arrays);
    if case.inputs.contains_key("in.pca_mixing") {
        subspaces(case, engine, &run, &mut arrays)?;
    } else {
        arrays.insert("out.x".into(), run.traces[trace::STIMULUS].clone());
        store_metrics(case, &inputs, &run, &mut arrays);
    }
    Ok(arrays)
}

fn inputs(case: &Case, mixing: &str, noise: &str, freeze: Option<Freeze>) -> Result<TestInputs, String> {
    let samples = case.number("n_sample")?;
    let mixing = case.input_of(mixing, 3)?.clone();
    let signals = case.network.signals;
    let noise = case.input_of(noise, 2)?.clone();
    let sources = case.input_of("in.sources", 2)?.clone();
    let contexts = mixing.shape()[0];
    let fits = noise.shape() == [contexts.saturating_mul(samples), signals]
        && mixing.shape()[1..] == [signals, signals]
        && sources.shape()[1] >= signals;
    if !fits || contexts == 0 || samples == 0 || sources.shape()[0] == 0 {
        return Err(format!(
            "`in.sources` {:?}, mixing {:?} and noise {:?} do not fit each other, {samples} samples a context or the \
             network's {signals} signals",
            sources.shape(),
            mixing.shape(),
            noise.shape(),
        ));
    }
    let sources = first_columns(&sources, signals);
    Ok(TestInputs { sources, mixing, noise, samples, state: case.state(1)?, freeze })
}

fn first_columns(array: &Array, count: usize) -> Array {
    let count = count.min(array.row_len());
    let data = (0..array.shape()[0]).flat_map(|row| array.row(row)[..count].to_vec()).collect();
    Array::new(&[array.shape()[0], count], data)
}

/// The network's own state, without that of the LSTM: names and shapes.
fn own_state(case: &Case) -> impl Iterator<Item = (&'static str, Vec<usize>)> {
    let of_lstm = [state::HIDDEN, state::CELL];
    case.network.state_shapes(1).into_iter().filter(move |(name, _)| !of_lstm.contains(name))
}

fn recorded(case: &Case) -> Vec<&'static str> {
    let own = own_state(case).map(|(name, _)| name);
    [trace::STIMULUS, trace::OUTPUT].into_iter().chain(own).chain(case.network.population_trace()).collect()
}

/// Matrices are stored completely, traces of units once in `EVERY` steps.
fn store_traces(case: &Case, run: &TestRun, arrays: &mut Arrays) {
    arrays.insert("out.y".into(), run.traces[trace::OUTPUT].clone());
    let mut sparse: Vec<(&str, &str)> =
        case.network.population_trace().map(|name| (name, "z")).into_iter().collect();
    for (name, shape) in own_state(case) {
        if let [_, _, _] = shape[..] {
            let matrix = run.traces[name].clone();
            let rows = [matrix.shape()[0], matrix.row_len()];
            arrays.insert(format!("out.{name}"), matrix.reshape(&rows));
        } else {
            sparse.push((name, name));
        }
    }
    for (name, short) in sparse {
        let array = &run.traces[name];
        let rows: Vec<f32> =
            (0..array.shape()[0]).step_by(EVERY).flat_map(|row| array.row(row).to_vec()).collect();
        let array = Array::new(&[rows.len() / array.row_len(), array.row_len()], rows);
        arrays.insert(format!("out.{short}_every{EVERY}"), array);
    }
}

fn store_metrics(case: &Case, inputs: &TestInputs, run: &TestRun, arrays: &mut Arrays) {
    let list = |values: Vec<f64>| {
        Array::new(&[values.len()], values.into_iter().map(|value| value as f32).collect())
    };
    let contexts = inputs.contexts();
    // The published clarity compares the first two sources, even if there are more.
    let compared = first_columns(&run.sources, 2);
    let mut stages = vec![("x", trace::STIMULUS), ("y", trace::OUTPUT)];
    stages.extend(case.network.population_trace().map(|name| ("z", name)));
    for (short, name) in stages {
        let activity = &run.traces[name];
        let clarity = (0..contexts)
            .map(|context| {
                metrics::clarity(&compared, activity, context * run.samples, (context + 1) * run.samples)
            })
            .collect();
        arrays.insert(format!("metric.clarity.{short}"), list(clarity));
        if contexts >= 2
            && let Some(scores) = source_decoding(activity, &run.sources, contexts / 2, run.samples)
        {
            arrays.insert(format!("metric.r2.{short}"), list(scores));
        }
    }
    let outputs = &run.traces[trace::OUTPUT];
    let differences = outputs.data().iter().zip(run.sources.data()).map(|(y, s)| f64::from((y - s).abs()));
    let error = differences.sum::<f64>() / outputs.data().len() as f64;
    arrays.insert("metric.mean_abs_error_y".into(), Array::scalar(error as f32));
}

/// The frozen-feedback experiment: planes of (y1, y2, whitened PC1) before the change of context, after it with the
/// feedback frozen, and with the feedback back (paper, Figure 5).
fn subspaces(case: &Case, engine: AnyEngine<'_>, run: &TestRun, arrays: &mut Arrays) -> Result<(), Problem> {
    let name = case
        .network
        .population_trace()
        .ok_or_else(|| "this network has no population for a subspace".to_string())?;
    let fit_inputs = inputs(case, "in.pca_mixing", "in.pca_noise", None)?;
    let fit_run = testing::run(engine, &case.weights, &fit_inputs, &[name])?;
    let components = PrincipalComponents::fit(&fit_run.traces[name])
        .ok_or_else(|| "the population's activity has no principal components".to_string())?;
    let outputs = &run.traces[trace::OUTPUT];
    if outputs.shape()[0] < 4 * PHASE || outputs.row_len() < 2 {
        return Err(format!("{} steps are too few for three phases of {PHASE}", outputs.shape()[0]).into());
    }
    let planes = readout_planes(outputs, &run.traces[name], &components, PHASE)
        .ok_or_else(|| "a plane cannot be fitted".to_string())?;
    let ratios = components.explained_variance_ratio(COMPONENTS);
    let flat = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>();
    arrays.insert("metric.explained_variance_ratio".into(), Array::new(&[ratios.len()], flat(ratios)));
    arrays.insert("metric.angle_frozen_deg".into(), Array::scalar(planes.angle_frozen as f32));
    arrays.insert("metric.angle_unfrozen_deg".into(), Array::scalar(planes.angle_feedback as f32));
    arrays.insert("metric.normals".into(), Array::new(&[3, 3], flat(planes.normals.concat())));
    Ok(())
}
