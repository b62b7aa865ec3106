//! The networks, by the names of the parameter `model`.

/// The five networks of the published code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// The LSTM's output is the unmixing matrix (`UnmixingModel`).
    Unmixing,
    /// The LSTM modulates a baseline unmixing matrix, at once or slowly (`ModulationNet`; paper eq. 4-6).
    Modulation,
    /// A few feedback signals modulate a population diffusely (`SpatialNet`; paper eq. 7-10).
    Spatial,
    /// The same with rectified units and Dale's law (`DaleRateNet`; paper eq. 11-14).
    Dale,
    /// The LSTM's readout is the output itself (`DirectDemixNet`).
    Direct,
}

impl Model {
    /// All networks, in the order of the published code.
    pub const ALL: [Model; 5] =
        [Model::Unmixing, Model::Modulation, Model::Spatial, Model::Dale, Model::Direct];
    /// Their names in parameter files, in the same order.
    pub const NAMES: [&str; 5] = ["unmixing", "modulation", "spatial", "dale", "direct"];

    /// The name in parameter files.
    pub fn name(self) -> &'static str {
        Model::NAMES[self as usize]
    }

    /// The network of that name.
    pub fn from_name(name: &str) -> Option<Model> {
        Model::ALL.into_iter().find(|model| model.name() == name)
    }
}

/// The networks with a modulated population.
pub(crate) const WITH_POPULATION: &[Model] = &[Model::Spatial, Model::Dale];
