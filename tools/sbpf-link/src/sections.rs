//! The section table of an ELF.
//!
//! Clusters load an sBPF v3 ELF by its program headers alone, so sbpf-linker writes no sections. Tools such as `objdump`
//! need them, and so does Agave's loader when it traces execution: without a section table it panics (solana-sbpf 0.23).

use anyhow::Context as _;

/// The section names, NUL-terminated: the content of `.shstrtab`.
const NAMES: &[u8] = b"\0.rodata\0.text\0.shstrtab\0";
const RODATA_NAME: u32 = 1;
const TEXT_NAME: u32 = 9;
const NAMES_NAME: u32 = 15;

/// Offsets and sizes in the ELF64 headers, in bytes.
const FILE_HEADER_SIZE: usize = 64;
const PROGRAM_HEADER_SIZE: usize = 56;
const EXECUTABLE: u32 = 1;

const PROGBITS: u32 = 1;
const STRTAB: u32 = 3;
const ALLOC: u64 = 2;
const EXECINSTR: u64 = 4;

/// Appends one section for each program header, and the section names.
///
/// # Errors
/// If `elf` is shorter than its headers say.
pub fn append(elf: &mut Vec<u8>) -> anyhow::Result<()> {
    let count = usize::from(u16::from_le_bytes(field(elf, 56)?));
    let mut headers = vec![[0; 64]];
    for index in 0..count {
        let start = FILE_HEADER_SIZE + index * PROGRAM_HEADER_SIZE;
        let is_code = u32::from_le_bytes(field(elf, start + 4)?) & EXECUTABLE != 0;
        let [offset, address, size] = [8, 16, 32].map(|at| field(elf, start + at).map(u64::from_le_bytes));
        let (name, flags) = if is_code { (TEXT_NAME, ALLOC | EXECINSTR) } else { (RODATA_NAME, ALLOC) };
        headers.push(header(name, PROGBITS, flags, address?, offset?, size?));
    }
    headers.push(header(NAMES_NAME, STRTAB, 0, 0, elf.len() as u64, NAMES.len() as u64));
    elf.extend_from_slice(NAMES);
    elf.resize(elf.len().next_multiple_of(8), 0);
    let table = elf.len() as u64;
    elf[40..48].copy_from_slice(&table.to_le_bytes());
    elf[60..62].copy_from_slice(&(headers.len() as u16).to_le_bytes());
    elf[62..64].copy_from_slice(&(headers.len() as u16 - 1).to_le_bytes());
    elf.extend(headers.concat());
    Ok(())
}

fn field<const N: usize>(elf: &[u8], offset: usize) -> anyhow::Result<[u8; N]> {
    elf.get(offset..).and_then(|rest| rest.first_chunk()).copied().context("sbpf-linker wrote a truncated ELF")
}

fn header(name: u32, kind: u32, flags: u64, address: u64, offset: u64, size: u64) -> [u8; 64] {
    let mut header = [0; 64];
    header[..4].copy_from_slice(&name.to_le_bytes());
    header[4..8].copy_from_slice(&kind.to_le_bytes());
    for (index, word) in [flags, address, offset, size].into_iter().enumerate() {
        header[8 + index * 8..][..8].copy_from_slice(&word.to_le_bytes());
    }
    header[48..56].copy_from_slice(&8_u64.to_le_bytes());
    header
}
