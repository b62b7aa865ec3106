//! Mode `train`: some batches with clipping and Adam, the state carried over.

use gainsweep_model::optimiser::Adam;
use gainsweep_model::trainer::{LearningRule, Training};
use gainsweep_model::{Array, Arrays};

use super::{AnyEngine, Case, LEARNED, Replayed};

pub(super) fn replay(case: &Case, engine: AnyEngine<'_>) -> Replayed {
    let (sources, mixing, noise) =
        (case.input_of("in.sources", 3)?, case.input_of("in.mixing", 4)?, case.input_of("in.noise", 4)?);
    let batches: usize = case.number("batches")?;
    if [sources, mixing, noise].iter().any(|array| array.shape()[0] < batches) {
        return Err(format!("its inputs are for fewer than {batches} batches").into());
    }
    let rule = LearningRule {
        regularisation: case.number("lambda_reg")?,
        gradient_clip: case.number("max_grad_value")?,
    };
    let mut training = Training {
        batch: 0,
        weights: case.weights.clone(),
        adam: Adam::new(case.number("learning_rate")?),
        state: case.state(mixing.shape()[1])?,
    };
    let one = |array: &Array, index: usize| array.rows(index, index + 1).reshape(&array.shape()[1..]);
    let mut losses = Vec::with_capacity(batches);
    for index in 0..batches {
        let batch = case.batch(one(sources, index), one(mixing, index), one(noise, index))?;
        losses.push(training.learn(engine, &batch, rule)?.loss as f32);
    }
    let learned = case.network.weights().into_iter().filter(|entry| entry.learned);
    let mut arrays: Arrays = learned
        .map(|entry| (format!("{LEARNED}{}", entry.name), training.weights[entry.name].clone()))
        .collect();
    arrays.insert("loss".into(), Array::new(&[batches], losses));
    Ok(arrays)
}
