//! One parameterisation: its network, its data and its initial state, all drawn from its seed.

use gainsweep_contract::Parameters;

use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::contexts::{self, ContextType, NoContext};
use crate::network::{DrawnState, Network};
use crate::random::Stream;
use crate::sources;
use crate::testing::TestInputs;

/// Everything about one parameterisation that does not change during training.
pub struct Experiment {
    parameters: Parameters,
    network: Network,
    /// All sources `[samples, available]`.
    sources: Array,
    context_type: ContextType,
    seed: u64,
    /// The seed of the test's contexts and noise.
    test_seed: u64,
}

impl Experiment {
    /// The experiment of these parameters.
    pub fn new(parameters: Parameters) -> Experiment {
        let sources = sources::generate(
            &parameters.sources(),
            parameters.number("base_frequency"),
            parameters.number("sampling_rate"),
            parameters.number("source_duration"),
        );
        Experiment {
            network: Network::from_parameters(&parameters),
            sources,
            context_type: ContextType::from_name(parameters.text("context_type"))
                .unwrap_or(ContextType::RandomNormalised),
            seed: parameters.count("seed") as u64,
            test_seed: parameters.optional_count("test_seed").unwrap_or_else(|| parameters.count("seed"))
                as u64,
            parameters,
        }
    }

    /// Its parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Its network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Initial weights.
    pub fn initial_weights(&self) -> Arrays {
        self.network.initial_weights(self.seed)
    }

    /// State at the start of a training: zero, or drawn if the network defines that.
    pub fn initial_state(&self) -> Arrays {
        let trials = self.parameters.count("trials_per_batch");
        let mut stream = Stream::new(self.seed, "train/gain", 0);
        self.drawn_state(trials, |drawn| drawn.deviation_in_training, &mut stream)
    }

    fn drawn_state(
        &self,
        trials: usize,
        deviation: impl Fn(DrawnState) -> f64,
        stream: &mut Stream,
    ) -> Arrays {
        let mut state = self.network.zero_state(trials);
        if let Some(drawn) = self.network.drawn_state()
            && let Some(array) = state.get_mut(drawn.name)
        {
            let values = array.data_mut().iter_mut();
            values.for_each(|value| *value = stream.normal(drawn.mean, deviation(drawn)) as f32);
        }
        state
    }

    /// Inputs of training batch `index` (from 0): fresh contexts, noise and phases, as a function of seed and
    /// index.
    ///
    /// Each source is a random piece of its whole length; a source that is not longer than a trial is rolled.
    /// If there are more sources than are mixed at a time, a random subset is taken, in order.
    ///
    /// # Errors
    /// [`NoContext`].
    pub fn batch(&self, index: u64) -> Result<Batch, NoContext> {
        self.batch_of(index, self.parameters.count("samples_per_context"))
    }

    /// The same, with trials of this many time steps.
    ///
    /// # Errors
    /// [`NoContext`].
    pub fn batch_of(&self, index: u64, steps: usize) -> Result<Batch, NoContext> {
        let stream = |name: &str| Stream::new(self.seed, name, index);
        let trials = self.parameters.count("trials_per_batch");
        let signals = self.network.signals;
        let mixing = self.contexts(trials, &mut stream("train/contexts"))?;

        let length = self.sources.shape()[0];
        let columns = self.choose_sources(&mut stream("train/sources"));
        let mut phases = stream("train/phases");
        let range = if length > steps { length - steps } else { length };
        let starts: Vec<usize> = columns.iter().map(|_| phases.below(range)).collect();
        let mut sources = Vec::with_capacity(steps * signals);
        for step in 0..steps {
            for (column, start) in columns.iter().zip(&starts) {
                sources.push(self.sources.row((start + step) % length)[*column]);
            }
        }
        Ok(Batch {
            sources: Array::new(&[steps, signals], sources),
            mixing,
            noise: self.noise(&[steps, trials, signals], &mut stream("train/noise")),
        })
    }

    fn choose_sources(&self, stream: &mut Stream) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..self.sources.shape()[1]).collect();
        while columns.len() > self.network.signals {
            columns.remove(stream.below(columns.len()));
        }
        columns
    }

    fn contexts(&self, count: usize, stream: &mut Stream) -> Result<Array, NoContext> {
        let threshold = self.parameters.number("determinant_threshold");
        contexts::draw(self.context_type, self.network.signals, threshold, count, stream)
    }

    fn noise(&self, shape: &[usize], stream: &mut Stream) -> Array {
        let deviation = self.parameters.number("noise");
        Array::fill_with(shape, || stream.normal(0.0, deviation) as f32)
    }

    /// Inputs of test `index`: fresh contexts and noise, and the first sources from sample 0 on. The state is
    /// zero, or drawn if the network defines that.
    ///
    /// # Errors
    /// [`NoContext`].
    pub fn test_inputs(&self, index: u64) -> Result<TestInputs, NoContext> {
        let count = self.parameters.count("test_contexts");
        Ok(self.test_in(self.fresh_contexts(count, "test/contexts", index)?, index))
    }

    /// This many contexts `[count, S, S]` of the test's distribution, drawn from the stream with that name.
    ///
    /// # Errors
    /// [`NoContext`].
    pub fn fresh_contexts(&self, count: usize, name: &str, index: u64) -> Result<Array, NoContext> {
        self.contexts(count, &mut self.test_stream(name, index))
    }

    /// A stream of random numbers from the test's seed.
    pub fn test_stream(&self, name: &str, index: u64) -> Stream {
        Stream::new(self.test_seed, name, index)
    }

    /// Inputs of test `index` in these contexts `[C, S, S]`.
    pub fn test_in(&self, mixing: Array, index: u64) -> TestInputs {
        let count = mixing.shape()[0];
        let samples = self.parameters.count("test_samples_per_context");
        let signals = self.network.signals;
        let available = self.sources.shape()[0];
        let sources =
            (0..available).flat_map(|sample| self.sources.row(sample)[..signals].to_vec()).collect();
        TestInputs {
            sources: Array::new(&[available, signals], sources),
            mixing,
            noise: self.noise(&[count * samples, signals], &mut self.test_stream("test/noise", index)),
            samples,
            state: self.drawn_state(
                1,
                |drawn| drawn.deviation_in_test,
                &mut self.test_stream("test/gain", index),
            ),
            freeze: None,
        }
    }
}
