//! The networks, by the names of the parameter `model`.

/// Declares the networks: one line each, with its name in parameter files and the stages of its activity,
/// from stimulus to output, by the names of the parameter `stage`.
macro_rules! networks {
    ($($(#[$what:meta])+ $network:ident = $name:literal, stages $stages:expr;)+) => {
        /// A network; `gainsweep-model` has a folder for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Model {
            $($(#[$what])+ $network,)+
        }

        impl Model {
            /// Their names in parameter files.
            pub const NAMES: [&str; [$($name),+].len()] = [$($name),+];
            /// All networks, in the same order.
            pub const ALL: [Model; Model::NAMES.len()] = [$(Model::$network),+];

            /// The stages that this network has.
            pub fn stages(self) -> &'static [&'static str] {
                match self {
                    $(Model::$network => &$stages,)+
                }
            }
        }
    };
}

networks! {
    /// The LSTM's output is the unmixing matrix (`UnmixingModel`).
    Unmixing = "unmixing", stages ["x", "y"];
    /// The LSTM modulates a baseline unmixing matrix, at once or slowly (`ModulationNet`; paper eq. 4-6).
    Modulation = "modulation", stages ["x", "y"];
    /// A few feedback signals modulate a population diffusely (`SpatialNet`; paper eq. 7-10).
    Spatial = "spatial", stages ["x", "z", "m", "y"];
    /// The same with rectified units and Dale's law (`DaleRateNet`; paper eq. 11-14).
    Dale = "dale", stages ["x", "z_L", "z_H", "m", "y"];
    /// The LSTM's readout is the output itself (`DirectDemixNet`).
    Direct = "direct", stages ["x", "y"];
}

impl Model {
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
/// The networks in which the feedback modulates weights or gains.
pub(crate) const WITH_MODULATION: &[Model] =
    &[Model::Unmixing, Model::Modulation, Model::Spatial, Model::Dale];
