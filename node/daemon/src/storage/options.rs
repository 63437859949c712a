//! How RocksDB is tuned: bounded memory on small machines, no loss that goes unnoticed.

use assent_replica::storage::Column;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, MemtableFactory, Options,
    SliceTransform,
};

/// Cache of blocks, indexes and filters over all columns, in bytes.
const BLOCK_CACHE_BYTES: usize = 64 << 20;
/// Memory tables of all columns together, in bytes.
const WRITE_BUFFERS_BYTES_MAX: usize = 64 << 20;
/// Memory table of one column, in bytes.
const WRITE_BUFFER_BYTES: usize = 16 << 20;
/// RocksDB's own log at which it flushes the columns that hold it back, in bytes.
const LOG_BYTES_MAX: u64 = 128 << 20;
/// Open table files.
const OPEN_FILES_MAX: i32 = 512;
/// Values from this size on live in files of their own, so that compaction does not copy old blocks again and again.
const BLOB_BYTES_MIN: u64 = 4 << 10;
/// Bloom filter bits for each key: about one false positive in a hundred.
const BLOOM_BITS: f64 = 10.0;

/// Share of a memory table for a filter on its keys, where most lookups are for keys that are not there, or where
/// filters save the descent through a list.
const MEMORY_FILTER_SHARE: f64 = 0.04;

/// Buckets of a memory table that is a hash table: a full one holds one or two keys in each.
const MEMORY_BUCKETS: usize = 1 << 16;

/// Whether a column is written in the order of its keys and looked up by whole ones: then its memory tables have filters
/// on them.
fn is_looked_up(column: Column) -> bool {
    matches!(column, Column::Nodes | Column::Receipts)
}

/// Whether a column's keys are random and looked up whole, several times for each transaction: then its memory tables
/// are hash tables. A scan of such a column sorts them first, which only checks of the whole store do.
fn is_hashed(column: Column) -> bool {
    matches!(column, Column::Latest | Column::TxIndex | Column::Memory)
}

/// Whether a column holds hashes and little else, which no compression makes smaller.
fn is_random(column: Column) -> bool {
    matches!(column, Column::Nodes | Column::Tiles | Column::TxIndex | Column::Memory)
}

/// Length of the prefix under which a column's keys are scanned, where a filter on it saves reads.
///
/// Replaced values of the state are scanned under the hash of their key for the newest version below another, which
/// mostly asks for one key that is there or not: a filter answers the second case.
pub(super) fn prefix_len(column: Column) -> Option<usize> {
    match column {
        Column::Values => Some(32),
        _ => None,
    }
}

/// Options of the whole database.
pub(super) fn database() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_paranoid_checks(true);
    // One thread writes, and hash tables take no more.
    options.set_allow_concurrent_memtable_write(false);
    // A record cut short at the very end is a write that nobody was told of; anything else broken is a fault of the
    // disk, and opening fails.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_db_write_buffer_size(WRITE_BUFFERS_BYTES_MAX);
    options.set_max_total_wal_size(LOG_BYTES_MAX);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(2);
    options.set_bytes_per_sync(1 << 20);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options
}

/// Descriptors of every column, on one shared cache.
pub(super) fn columns() -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
    let describe = |name: &str, column| ColumnFamilyDescriptor::new(name, column_options(column, &cache));
    std::iter::once(describe("default", None))
        .chain(Column::ALL.into_iter().map(|column| describe(column.name(), Some(column))))
        .collect()
}

fn column_options(column: Option<Column>, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_bloom_filter(BLOOM_BITS, false);
    table.set_format_version(5);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    let compression = if column.is_some_and(is_random) { DBCompressionType::None } else { DBCompressionType::Lz4 };
    options.set_compression_type(compression);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_write_buffer_number(2);
    if let Some(len) = column.and_then(prefix_len) {
        options.set_prefix_extractor(SliceTransform::create_fixed_prefix(len));
        options.set_memtable_prefix_bloom_ratio(0.02);
    }
    if column.is_some_and(is_looked_up) {
        options.set_memtable_prefix_bloom_ratio(MEMORY_FILTER_SHARE);
        options.set_memtable_whole_key_filtering(true);
    }
    if column.is_some_and(is_hashed) {
        options.set_prefix_extractor(SliceTransform::create_noop());
        options.set_memtable_factory(MemtableFactory::HashLinkList { bucket_count: MEMORY_BUCKETS });
    }
    if column == Some(Column::Blocks) {
        options.set_enable_blob_files(true);
        options.set_min_blob_size(BLOB_BYTES_MIN);
        options.set_blob_compression_type(DBCompressionType::Lz4);
    }
    options
}
