//! From the list of front ends to the settings that files have.

/// Makes the enum of all front ends from their list.
macro_rules! front_ends {
    ($($variant:ident = $settings:ty as $name:literal,)+) => {
        /// A front end with all its settings, as files have it: a table whose `name` says which
        /// front end, and whose other keys are that front end's. Every key but `name` has a
        /// default; an unknown key is refused. Numbers out of range are read: see
        /// [`FrontEnd::check`].
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name")]
        #[non_exhaustive]
        pub enum FrontEndSettings {
            $(
                #[doc = concat!("`name = \"", $name, "\"`")]
                #[serde(rename = $name)]
                $variant($settings),
            )+
        }

        impl FrontEndSettings {
            /// The names that front ends are chosen by.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The front end.
            #[must_use]
            pub fn as_front_end(&self) -> &dyn FrontEnd {
                match self {
                    $(Self::$variant(settings) => settings,)+
                }
            }

            fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant(Default::default())),)+
                    _ => None,
                }
            }
        }

        $(
            impl From<$settings> for FrontEndSettings {
                fn from(settings: $settings) -> Self {
                    Self::$variant(settings)
                }
            }
        )+
    };
}
