//! Shards in an object store.
//!
//! An object is a run of chunks of one column, named `<anchor>/<generation>/<shard>-<column>.<run>`, or a list that
//! describes a shard, `<anchor>/<generation>/<shard>-index` and `-stripes`. Names say what must be in them, so objects are created and never
//! changed; one that turns out damaged is removed and created again.
//!
//! # Correctness
//! What `put` has answered survives a crash: on local files the store syncs file and folder before it returns.

use std::path::Path as FilePath;
use std::sync::Arc;

use assent_types::ids::AnchorId;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room.
    #[error("the store is full")]
    Full,
    /// Anything else; the text is for the operator.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Which shard, in which generation of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardName {
    /// The document.
    pub anchor: AnchorId,
    /// The object's generation in which the shard was placed.
    pub generation: u32,
    /// Index of the shard.
    pub shard: u8,
}

impl ShardName {
    fn index(self) -> Path {
        Path::from(format!("{}/{}/{}-index", self.anchor, self.generation, self.shard))
    }

    fn stripes(self) -> Path {
        Path::from(format!("{}/{}/{}-stripes", self.anchor, self.generation, self.shard))
    }

    fn run(self, column: u32, run: u32) -> Path {
        Path::from(format!("{}/{}/{}-{column}.{run}", self.anchor, self.generation, self.shard))
    }

    fn folder(self) -> Path {
        Path::from(format!("{}/{}", self.anchor, self.generation))
    }

    /// The shard of an index's path.
    fn of_index(path: &Path) -> Option<Self> {
        let mut parts = path.parts();
        let (anchor, generation, file) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            anchor: anchor.as_ref().parse().ok()?,
            generation: generation.as_ref().parse().ok()?,
            shard: file.as_ref().strip_suffix("-index")?.parse().ok()?,
        })
    }

    fn owns(self, path: &Path) -> bool {
        path.filename().is_some_and(|name| name.starts_with(&format!("{}-", self.shard)))
    }
}

/// The shards of one custodian.
#[derive(Clone)]
pub struct ShardStore {
    backend: Arc<dyn ObjectStore>,
}

impl ShardStore {
    /// Shards as files in a folder, which is made if it does not exist. Whatever a process that was killed had not
    /// finished writing is removed; so nobody else may be writing there.
    ///
    /// # Errors
    /// The disk's.
    pub fn local(folder: &FilePath) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .and_then(|()| remove_staged(folder))
            .map_err(|error| Error::Generic { store: "LocalFileSystem", source: Box::new(error) })?;
        Ok(Self::over(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))))
    }

    /// Shards in any store. It must be durable when it answers.
    pub fn over(backend: Arc<dyn ObjectStore>) -> Self {
        Self { backend }
    }

    /// Stores the index of a shard and the list of stripes, in place of ones that are damaged. The index comes last: where it
    /// is, the list is.
    ///
    /// # Errors
    /// See [`StoreError`]; for every method.
    pub async fn put_lists(&self, name: ShardName, index: Bytes, stripes: Bytes) -> Result<(), StoreError> {
        for (path, list) in [(name.stripes(), stripes), (name.index(), index)] {
            if self.get(&path).await?.is_some_and(|stored| stored != list) {
                self.remove(&path).await?;
            }
            self.put(&path, list).await?;
        }
        Ok(())
    }

    /// The index of a shard.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn index(&self, name: ShardName) -> Result<Option<Bytes>, StoreError> {
        self.get(&name.index()).await
    }

    /// The list of stripes beside a shard.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn stripes(&self, name: ShardName) -> Result<Option<Bytes>, StoreError> {
        self.get(&name.stripes()).await
    }

    /// Stores a run of chunks, unless it is there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_run(&self, name: ShardName, column: u32, run: u32, data: Bytes) -> Result<(), StoreError> {
        self.put(&name.run(column, run), data).await
    }

    /// A run of chunks as it was stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn run(&self, name: ShardName, column: u32, run: u32) -> Result<Option<Bytes>, StoreError> {
        self.get(&name.run(column, run)).await
    }

    /// Removes a run of chunks.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_run(&self, name: ShardName, column: u32, run: u32) -> Result<(), StoreError> {
        self.remove(&name.run(column, run)).await
    }

    /// Removes whatever there is of a shard. The index goes last: as long as anything is left, the shard is among
    /// [`Self::shards`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_shard(&self, name: ShardName) -> Result<(), StoreError> {
        let mut listed: Vec<Path> = self
            .backend
            .list(Some(&name.folder()))
            .map_ok(|object| object.location)
            .try_filter(|path| std::future::ready(name.owns(path)))
            .try_collect()
            .await
            .map_err(failed)?;
        listed.sort_by_key(|path| *path == name.index());
        for path in listed {
            self.remove(&path).await?;
        }
        Ok(())
    }

    /// Every shard that has an index.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn shards(&self) -> Result<Vec<ShardName>, StoreError> {
        self.indices(None).await
    }

    /// Every shard of one document that has an index, of every generation. Nothing else of the store is looked at.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn shards_of(&self, anchor: AnchorId) -> Result<Vec<ShardName>, StoreError> {
        self.indices(Some(&Path::from(anchor.to_string()))).await
    }

    async fn indices(&self, folder: Option<&Path>) -> Result<Vec<ShardName>, StoreError> {
        let objects = self.backend.list(folder).map_ok(|object| ShardName::of_index(&object.location));
        objects.try_filter_map(|name| std::future::ready(Ok(name))).try_collect().await.map_err(failed)
    }

    /// Shards (by their indices) and bytes.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn usage(&self) -> Result<(u64, u64), StoreError> {
        self.backend
            .list(None)
            // The agent's place in the ledger lies beside the shards.
            .try_filter(|object| std::future::ready(object.location.parts().count() > 1))
            .try_fold((0, 0), |(shards, bytes), object| {
                let index = object.location.filename().is_some_and(|name| name.ends_with("-index"));
                std::future::ready(Ok((shards + u64::from(index), bytes + object.size)))
            })
            .await
            .map_err(failed)
    }

    async fn put(&self, path: &Path, data: Bytes) -> Result<(), StoreError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.backend.put_opts(path, PutPayload::from_bytes(data), options).await {
            // The same name has the same content.
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn get(&self, path: &Path) -> Result<Option<Bytes>, StoreError> {
        let found = match self.backend.get(path).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn remove(&self, path: &Path) -> Result<(), StoreError> {
        match self.backend.delete(path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Removes the files under which the object store writes before it names them, `<name>#<number>`: it never lists those
/// that a crash left, and they would fill the disk unseen.
fn remove_staged(folder: &FilePath) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_staged(&entry.path())?;
        } else if entry.file_name().to_string_lossy().contains('#') {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn failed(error: Error) -> StoreError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        if found.downcast_ref::<std::io::Error>().is_some_and(|io| matches!(io.kind(), StorageFull | QuotaExceeded)) {
            return StoreError::Full;
        }
        cause = found.source();
    }
    StoreError::Failed(error.to_string())
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
