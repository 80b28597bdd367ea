//! Hardware wallets, written as in Solana's own tools.

use {
    super::Key,
    solana_address::Address,
    solana_derivation_path::DerivationPath,
    std::{fmt, str::FromStr},
};

/// Makers of hardware wallets for which this version has a driver. That for Keystone is an option of the driver library which this
/// version is not built with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Maker {
    Ledger,
    Trezor,
}

impl Maker {
    const ALL: [Self; 2] = [Self::Ledger, Self::Trezor];

    const fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Trezor => "trezor",
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Device {
    maker: Maker,
    /// The first key of the device, where there are several devices.
    address: Option<Address>,
    path: DerivationPath,
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || {
            format!(
                "invalid hardware wallet \"{text}\": expected usb://ledger or usb://trezor, or usb://ledger/ADDRESS?key=0/0 \
                 for one of several devices or another derivation path"
            )
        };
        let rest = text.strip_prefix("usb://").ok_or_else(malformed)?;
        let (place, key) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query.strip_prefix("key=").ok_or_else(malformed)?)),
            None => (rest, None),
        };
        let (manufacturer, address) = place.split_once('/').unwrap_or((place, ""));
        let address = (!address.is_empty()).then(|| address.parse()).transpose().map_err(|_| malformed())?;
        let path = key.map_or(Ok(DerivationPath::default()), DerivationPath::from_key_str).map_err(|_| malformed())?;
        let maker = Maker::ALL.into_iter().find(|maker| maker.name() == manufacturer).ok_or_else(malformed)?;
        Ok(Self { maker, address, path })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "usb://{}", self.maker.name())?;
        match self.address {
            Some(address) => write!(f, "/{address}"),
            None => Ok(()),
        }
    }
}

impl Device {
    /// Finds the device, and asks it for its key.
    #[cfg(feature = "ledger")]
    pub fn open(&self, role: &str) -> Result<Key, String> {
        use {
            hidapi::HidApi,
            solana_remote_wallet::{
                ledger::is_valid_ledger, locator::Locator, remote_keypair::generate_remote_keypair,
                remote_wallet::maybe_wallet_manager,
            },
            std::rc::Rc,
        };
        let trouble = |detail: String| {
            let ready = match self.maker {
                Maker::Ledger => "unlock it, open its Solana app",
                Maker::Trezor => "unlock it",
            };
            format!("{self} does not answer ({detail}): connect it, {ready}, and retry")
        };
        let locator = Locator::new_from_path(self.to_string()).map_err(|error| trouble(error.to_string()))?;
        let not_found = || trouble("no device found".into());
        // The wallet manager looks for devices of all makers, for Trezors through libusb, and panics on a host without USB.
        let hid = HidApi::new().map_err(|error| trouble(error.to_string()))?;
        let may_be_there = match self.maker {
            Maker::Ledger => hid.device_list().any(|found| is_valid_ledger(found.vendor_id(), found.product_id())),
            Maker::Trezor => has_usb(),
        };
        if !may_be_there {
            return Err(not_found());
        }
        let manager = maybe_wallet_manager().map_err(|error| trouble(error.to_string()))?.ok_or_else(not_found)?;
        let keypair = generate_remote_keypair(locator, self.path.clone(), &manager, false, role)
            .map_err(|error| trouble(error.to_string()))?;
        Ok(Rc::new(keypair))
    }

    /// This program has no driver for it.
    #[cfg(not(feature = "ledger"))]
    pub fn open(&self, _: &str) -> Result<Key, String> {
        Err(format!("built without hardware wallet support: build with the feature ledger to use {self}"))
    }
}

/// Whether the host has USB: Linux without it has no folder of its buses, which is where libusb looks.
#[cfg(feature = "ledger")]
fn has_usb() -> bool {
    !cfg!(target_os = "linux") || std::path::Path::new("/dev/bus/usb").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_written_as_in_the_solana_tools() {
        let address = Address::new_from_array([9; 32]);
        let plain: Device = "usb://ledger".parse().unwrap();
        assert_eq!((plain.address, plain.path.clone()), (None, DerivationPath::default()));
        assert_eq!(plain.to_string(), "usb://ledger");
        let other: Device = format!("usb://ledger/{address}?key=0/1").parse().unwrap();
        assert_eq!((other.address, other.path), (Some(address), DerivationPath::from_key_str("0/1").unwrap()));
        let trezor: Device = format!("usb://trezor/{address}?key=1").parse().unwrap();
        assert_eq!((trezor.to_string(), trezor.maker), (format!("usb://trezor/{address}"), Maker::Trezor));
        for wrong in [
            "usb:ledger",
            "usb://",
            "usb://abacus",
            "usb://keystone",
            "usb://ledger/short",
            "usb://ledger?path=1",
            "usb://ledger?key=x",
        ] {
            let error = wrong.parse::<Device>().unwrap_err();
            assert!(error.contains("expected usb://ledger or usb://trezor"), "{error}");
        }
    }

    #[test]
    fn without_a_device_it_says_what_to_do() {
        for maker in ["ledger", "trezor"] {
            let device: Device = format!("usb://{maker}/7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA").parse().unwrap();
            let error = device.open("the manager").err().unwrap();
            assert!(error.contains("connect it") || error.contains("built without"), "{error}");
        }
    }
}
