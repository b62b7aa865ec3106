//! The reference engine: the networks as the paper defines them, on libtorch with automatic differentiation.
//!
//! A network is a pure step from state to state: `torch.rs` of its folder in `networks/`. It runs on the CPU
//! or on CUDA; every tensor is created on the engine's device.

mod lstm;
mod step;

use std::panic::{AssertUnwindSafe, catch_unwind};

use tch::{Device, Kind, Reduction, Tensor};

use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::engine::{Engine, EngineError, Gradient, Trace, TraceRequest};
use crate::network::{Network, state, trace};

pub(crate) use lstm::Lstm;
pub(crate) use step::{State, Step, Stepped, Weights, relax, through};

const NAME: &str = "torch";

/// The torch engine for one network.
pub(crate) struct TorchEngine<S: Step> {
    options: S::Options,
    network: Network,
    device: Device,
}

impl<S: Step> TorchEngine<S> {
    /// An engine on `device` (`cpu`, `cuda:N`) with this many threads for operations on the CPU.
    ///
    /// # Errors
    /// [`EngineError::Device`] for a device that does not exist.
    pub(crate) fn new(
        options: S::Options,
        network: Network,
        device: &str,
        threads: usize,
    ) -> Result<TorchEngine<S>, EngineError> {
        let unusable = |reason: String| EngineError::Device { device: device.into(), reason };
        let device = match device.strip_prefix("cuda:").map(str::parse::<usize>) {
            None if device == "cpu" => Device::Cpu,
            Some(Ok(index)) => {
                let devices = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
                if index >= devices {
                    return Err(unusable(format!("this libtorch finds {devices} CUDA devices here")));
                }
                Device::Cuda(index)
            }
            _ => return Err(unusable("use `cpu` or `cuda:N`".into())),
        };
        tch::set_num_threads(i32::try_from(threads).unwrap_or(1));
        Ok(TorchEngine { options, network, device })
    }

    fn tensor(&self, array: &Array) -> Tensor {
        let shape: Vec<i64> = array.shape().iter().map(|size| size.cast_signed() as i64).collect();
        Tensor::from_slice(array.data()).reshape(shape).to_device(self.device)
    }

    fn array(tensor: &Tensor) -> Array {
        let shape: Vec<usize> = tensor.size().iter().map(|size| *size as usize).collect();
        let flat = tensor.detach().to_device(Device::Cpu).contiguous().view(-1);
        let data = Vec::<f32>::try_from(&flat).expect("the engine's tensors are of 32-bit floats");
        Array::new(&shape, data)
    }

    fn weights(&self, weights: &Arrays) -> Result<Weights, EngineError> {
        self.network.check_weights(weights).map_err(|error| EngineError::Arrays(error.to_string()))?;
        Ok(weights.iter().map(|(name, array)| (name.clone(), self.tensor(array))).collect())
    }

    fn state(&self, state: &Arrays, trials: usize) -> Result<State, EngineError> {
        let mut tensors = Vec::new();
        for (name, shape) in self.network.state_shapes(trials) {
            match state.get(name).filter(|array| array.shape() == shape) {
                Some(array) => tensors.push(self.tensor(array)),
                None => return Err(EngineError::Arrays(format!("state `{name}` must have shape {shape:?}"))),
            }
        }
        let modulation = tensors.split_off(2);
        let [hidden, cell] = <[Tensor; 2]>::try_from(tensors).expect("every state begins with h and c");
        Ok(State { hidden, cell, modulation })
    }

    fn state_arrays(&self, state: &State) -> Arrays {
        let tensors = [&state.hidden, &state.cell].into_iter().chain(&state.modulation);
        let names = self.network.state_shapes(0);
        names
            .iter()
            .zip(tensors)
            .map(|((name, _), tensor)| ((*name).to_string(), Self::array(tensor)))
            .collect()
    }

    fn step(&self, weights: &Weights) -> S {
        S::new(&self.options, Lstm::new(weights, self.network.input), weights)
    }

    /// Stimuli x = A s + noise, one `[B, S]` a step (paper, eq. 1).
    fn stimuli(&self, batch: &Batch) -> Result<Vec<Tensor>, EngineError> {
        if !batch.is_consistent() || batch.signals() != self.network.signals {
            return Err(EngineError::Arrays("sources, mixing and noise of the batch".into()));
        }
        let operands = [self.tensor(&batch.mixing), self.tensor(&batch.sources)];
        let clean = Tensor::einsum("bij,tj->tbi", &operands, None::<i64>);
        Ok((clean + self.tensor(&batch.noise)).unbind(0))
    }
}

/// tch's readable operators panic if libtorch fails, for example when memory runs out. This makes it an
/// error.
fn guarded<T>(compute: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(compute)).unwrap_or_else(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "unknown".into());
        Err(EngineError::Library { engine: NAME, reason })
    })
}

impl<S: Step> Engine for TorchEngine<S> {
    fn describe(&self) -> String {
        // The build script sets it if libtorch reports its version; otherwise it is the version that tch
        // needs.
        let version: &str = option_env!("GAINSWEEP_TORCH_VERSION").unwrap_or("2.13");
        format!("{NAME} {version}")
    }

    fn gradient(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        regularisation: f64,
    ) -> Result<Gradient, EngineError> {
        guarded(|| {
            let mut weights = self.weights(weights)?;
            let learned: Vec<&str> =
                self.network.weights().iter().filter(|entry| entry.learned).map(|entry| entry.name).collect();
            for name in &learned {
                if let Some(weight) = weights.remove(*name) {
                    weights.insert((*name).to_string(), weight.set_requires_grad(true));
                }
            }
            let network = self.step(&weights);
            let mut state = self.state(state, batch.trials())?;
            let (mut outputs, mut feedback) = (Vec::new(), Vec::new());
            for x in self.stimuli(batch)? {
                let step = network.step(&x, &state);
                outputs.push(step.output);
                feedback.push(step.feedback);
                state = step.state;
            }
            let outputs = Tensor::stack(&outputs, 0);
            let targets = self.tensor(&batch.sources).unsqueeze(1).expand_as(&outputs);
            let per_step = (batch.trials() * batch.signals()) as f64;
            let loss = outputs.smooth_l1_loss(&targets, Reduction::Sum, 1.0) / per_step;
            let regulariser = Tensor::stack(&feedback, 0).abs().sum(Kind::Float);
            let total = if regularisation == 0.0 {
                loss.shallow_clone()
            } else {
                &loss + &regulariser * regularisation
            };

            let leaves: Vec<&Tensor> = learned.iter().map(|name| &weights[*name]).collect();
            // After a single step, everything may depend only on the given state: libtorch would crash.
            let gradients = if total.requires_grad() {
                Tensor::run_backward(&[total], &leaves, false, false)
            } else {
                leaves.iter().map(|_| Tensor::new()).collect()
            };
            let gradients = learned.iter().zip(&leaves).zip(gradients).map(|((name, weight), gradient)| {
                // A weight that the loss does not depend on has no gradient.
                let gradient = if gradient.defined() { gradient } else { weight.zeros_like() };
                ((*name).to_string(), Self::array(&gradient))
            });
            Ok(Gradient {
                loss: loss.double_value(&[]),
                regulariser: regulariser.double_value(&[]),
                gradients: gradients.collect(),
                state: self.state_arrays(&state),
            })
        })
    }

    fn trace(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        request: TraceRequest<'_>,
    ) -> Result<Trace, EngineError> {
        if let Some(name) = request.record.iter().find(|name| !self.network.traces().contains(name)) {
            return Err(EngineError::Arrays(format!("this network has no trace `{name}`")));
        }
        guarded(|| {
            let _no_gradient = tch::no_grad_guard();
            let network = self.step(&self.weights(weights)?);
            let mut state = self.state(state, batch.trials())?;
            let mut recorded: Vec<Vec<Tensor>> = request.record.iter().map(|_| Vec::new()).collect();
            for (index, x) in self.stimuli(batch)?.into_iter().enumerate() {
                let mut step = network.step(&x, &state);
                if index < request.freeze_steps {
                    step.state.hold_modulation(&state);
                }
                for (name, tensors) in request.record.iter().zip(&mut recorded) {
                    tensors.push(pick(name, &x, &step, &self.network));
                }
                state = step.state;
            }
            let names = request.record.iter().map(ToString::to_string);
            let arrays = recorded.iter().map(|tensors| Self::array(&Tensor::stack(tensors, 0)));
            Ok(Trace { traces: names.zip(arrays).collect(), state: self.state_arrays(&state) })
        })
    }
}

fn pick(name: &str, x: &Tensor, step: &step::Stepped, network: &Network) -> Tensor {
    let found = match name {
        trace::STIMULUS => Some(x),
        trace::OUTPUT => Some(&step.output),
        trace::FEEDBACK => Some(&step.feedback),
        state::HIDDEN => Some(&step.state.hidden),
        state::CELL => Some(&step.state.cell),
        _ => {
            let modulations = network.state_shapes(0);
            let modulations = modulations.iter().skip(2).map(|(name, _)| *name).zip(&step.state.modulation);
            let activity = step.activity.iter().map(|(name, tensor)| (*name, tensor));
            modulations.chain(activity).find(|(known, _)| *known == name).map(|(_, tensor)| tensor)
        }
    };
    found.expect("the request was checked against the network's traces").shallow_clone()
}
