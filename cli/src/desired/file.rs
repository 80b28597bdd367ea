//! Files with a pool as it is to be.

use {
    super::{
        FORMAT, bytes,
        document::{Document, decode},
        problem, weights,
    },
    crate::error::CliError,
    solana_address::Address,
    solana_hash::Hash,
    std::{
        collections::{BTreeMap, HashMap},
        path::{Path, PathBuf},
    },
    tidepool_client::{
        desired::{Desired, Fault, Part, Setting, VALIDATORS, Value},
        error::PlanError,
    },
    tidepool_selection::{Digest, Place, Problem, digest},
    toml::{
        Spanned,
        de::{DeTable, DeValue},
    },
};

/// The pool that a file is about.
#[derive(Clone, Debug)]
pub struct Head {
    pub pool: Address,
    pub pool_place: Place,
    pub program: Option<(Address, Place)>,
    /// Hash of the cluster's genesis.
    pub cluster: Option<(Hash, Place)>,
}

/// A pool as it is to be, as a file has it.
#[derive(Clone, Debug)]
pub struct DesiredFile {
    pub path: PathBuf,
    pub head: Head,
    pub desired: Desired,
    pub digest: Digest,
    places: HashMap<Part, Place>,
    /// Where the list of validators begins.
    list: Option<Place>,
}

impl DesiredFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let bytes = bytes(path)?;
        let in_file = |fault| CliError::File { path: path.to_owned(), problem: fault };
        let document = Document { text: decode(&bytes).map_err(in_file)? };
        let mut file = Reader { document, places: HashMap::new() }.file(path).map_err(in_file)?;
        file.digest = digest(&bytes);
        Ok(file)
    }

    /// Where the file names a part; a validator that is missing in the list has the place of the list.
    pub fn place(&self, part: Part) -> Option<Place> {
        let of_fees = || (part == Part::Setting(Setting::FeeAccount)).then_some(Part::Setting(Setting::Manager));
        let found = self.places.get(&part).or_else(|| self.places.get(&of_fees()?)).copied();
        found.or(self.list.filter(|_| matches!(part, Part::Validator(_))))
    }

    /// The error about a part, with its place.
    pub fn fault(&self, fault: Fault) -> CliError {
        self.error(fault.part, fault.error.into())
    }

    /// An error about a part, with its place.
    pub fn error(&self, part: Part, error: CliError) -> CliError {
        match self.place(part) {
            Some(place) => CliError::InFile { path: self.path.clone(), place, error: Box::new(error) },
            None => error,
        }
    }

    /// Refuses fees of 100 %, which are legal, and hardly ever meant.
    pub fn check_fees(&self) -> Result<(), CliError> {
        for (setting, value) in &self.desired.settings {
            if let Value::Fee(fee) = value
                && fee.numerator > 0
                && fee.numerator >= fee.denominator
            {
                let what = format!(
                    "a fee of 100 % leaves nothing: choose a lower fee, or set it with `tidepool set-fee {} KIND 100% \
                     --allow-full-fee`",
                    self.head.pool
                );
                return Err(self.error(Part::Setting(*setting), PlanError::Invalid { what }.into()));
            }
        }
        Ok(())
    }
}

/// Checks that a file is about this cluster.
pub fn check_cluster(path: &Path, head: &Head, found: Option<Hash>) -> Result<(), CliError> {
    let Some((wanted, place)) = head.cluster else { return Ok(()) };
    let what = match found {
        Some(found) if found == wanted => return Ok(()),
        Some(found) => format!("the file is about the cluster with genesis hash {wanted}, and this one has {found}"),
        None => format!(
            "the file is about the cluster with genesis hash {wanted}, and the endpoint does not report its own"
        ),
    };
    Err(problem(path, place, format!("{what}: use an endpoint of that cluster (--url)")))
}

/// Checks that a file is about this pool.
pub fn check_pool(path: &Path, head: &Head, found: &Address) -> Result<(), CliError> {
    if head.pool == *found {
        return Ok(());
    }
    let what = format!("the file is about pool {}, and this one is {found}: use a file about this pool", head.pool);
    Err(problem(path, head.pool_place, what))
}

/// Checks that a file is about a pool of this program.
pub fn check_program(path: &Path, head: &Head, found: &Address) -> Result<(), CliError> {
    match head.program {
        Some((wanted, place)) if wanted != *found => {
            let what =
                format!("the file is about a pool of program {wanted}, and pool {} is one of {found}", head.pool);
            Err(problem(path, place, format!("{what}: export the pool again")))
        }
        _ => Ok(()),
    }
}

/// Reads the keys that both kinds of files begin with.
pub fn read_head(document: Document<'_>, table: &DeTable<'_>) -> Result<Head, Problem> {
    let (mut pool, mut program, mut cluster, mut format) = (None, None, None, None);
    let table = table.iter().map(|(key, value)| (key.get_ref().as_ref(), value));
    for (key, value) in table {
        match key {
            "format" => format = Some(document.read::<u64>(value, "a number")?),
            "pool" => pool = Some(document.read(value, "the address of the pool")?),
            "program" => program = Some(document.read(value, "the address of the pool's program")?),
            "cluster" => cluster = Some(document.read(value, "the genesis hash of the cluster")?),
            _ => {}
        }
    }
    match format {
        Some((FORMAT, _)) => {}
        Some((other, place)) => {
            return Err(Problem::at(place, format!("unknown format {other}: update tidepool, or use format {FORMAT}")));
        }
        None => return Err(Problem::new(1, 1, format!("missing format: write format = {FORMAT} at the top"))),
    }
    let (pool, pool_place) =
        pool.ok_or_else(|| Problem::new(1, 1, "missing pool: write pool = \"ADDRESS\" at the top"))?;
    Ok(Head { pool, pool_place, program, cluster })
}

/// Keys of [`read_head`].
pub const HEAD: [&str; 4] = ["format", "pool", "program", "cluster"];

struct Reader<'t> {
    document: Document<'t>,
    places: HashMap<Part, Place>,
}

impl<'t> Reader<'t> {
    fn file(mut self, path: &Path) -> Result<DesiredFile, Problem> {
        let table = self.document.parse()?;
        let mut desired = Desired::default();
        let mut list = None;
        for (key, value) in &table {
            let name = key.get_ref().as_ref();
            if HEAD.contains(&name) {
                continue;
            }
            if name == VALIDATORS {
                let weights = self.validators(self.document.table(value, name)?, self.document.place(key.span()))?;
                desired.validators = weights.into_iter().map(|(vote, weight)| (vote, Some(weight))).collect();
                (desired.removes_others, list) = (true, Some(self.document.place(key.span())));
                continue;
            }
            if !Setting::ALL.iter().any(|setting| setting.section() == name) {
                let what = format!("unknown key \"{name}\": expected one of {}", known(None));
                return Err(self.document.problem(key, what));
            }
            let section = self.document.table(value, name)?;
            self.section(name, section, &mut desired.settings)?;
        }
        let head = read_head(self.document, &table)?;
        Ok(DesiredFile { path: path.to_owned(), head, desired, digest: digest(&[]), places: self.places, list })
    }

    fn section(
        &mut self,
        section: &str,
        table: &DeTable<'t>,
        settings: &mut BTreeMap<Setting, Value>,
    ) -> Result<(), Problem> {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let setting = Setting::of(section, name).ok_or_else(|| {
                let what =
                    format!("unknown key \"{name}\" in section {section}: expected one of {}", known(Some(section)));
                self.document.problem(key, what)
            })?;
            let text = self.document.scalar(value)?;
            let read = Value::parse(setting.kind(), &text).map_err(|what| self.document.problem(value, what))?;
            self.places.insert(Part::Setting(setting), self.document.place(value.span()));
            settings.insert(setting, read);
        }
        Ok(())
    }

    fn validators(&mut self, table: &DeTable<'t>, place: Place) -> Result<Vec<(Address, u16)>, Problem> {
        let mut entries = vec![];
        for (key, value) in table {
            let vote = address(self.document, key)?;
            let at = self.document.place(value.span());
            self.places.insert(Part::Validator(vote), at);
            entries.push(weights::Entry { vote, text: self.document.scalar(value)?, place: at });
        }
        // In the order of the file.
        entries.sort_by_key(|entry| (entry.place.line, entry.place.column));
        weights::of(&entries, place)
    }
}

fn address(document: Document<'_>, key: &Spanned<toml::de::DeString<'_>>) -> Result<Address, Problem> {
    let text = key.get_ref();
    text.parse().map_err(|_| {
        let what = format!("invalid address \"{text}\": expected a validator's vote account in base58");
        document.problem(key, what)
    })
}

/// The keys of a section, or the sections.
fn known(section: Option<&str>) -> String {
    let mut names: Vec<&str> = match section {
        Some(section) => {
            Setting::ALL.iter().filter(|setting| setting.section() == section).map(|setting| setting.key()).collect()
        }
        None => HEAD.into_iter().chain(Setting::ALL.iter().map(|setting| setting.section())).collect(),
    };
    names.dedup();
    if section.is_none() {
        names.push(VALIDATORS);
    }
    names.join(", ")
}

/// The value of a key that has to be there.
pub fn require<'a, 't>(table: &'a DeTable<'t>, name: &str, place: Place) -> Result<&'a Spanned<DeValue<'t>>, Problem> {
    let found = table.iter().find(|(key, _)| key.get_ref() == name);
    found
        .map(|(_, value)| value)
        .ok_or_else(|| Problem::at(place, format!("missing key \"{name}\": make the plan again")))
}
