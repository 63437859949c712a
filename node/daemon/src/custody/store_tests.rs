use std::fmt;
use std::ops::Range;
use std::sync::Mutex;

use assent_types::Hash32;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions, PutResult,
};

use super::*;

/// A store with room for so many more objects, which notes what is listed.
#[derive(Debug)]
struct Small {
    inner: InMemory,
    room: Mutex<usize>,
    /// Folders that were listed.
    listed: Mutex<Vec<Option<String>>>,
}

impl fmt::Display for Small {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("small store")
    }
}

impl Small {
    fn with_room(room: usize) -> Arc<Self> {
        Arc::new(Self { inner: InMemory::new(), room: Mutex::new(room), listed: Mutex::default() })
    }
}

#[tonic::async_trait]
impl ObjectStore for Small {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult, Error> {
        {
            let mut room = self.room.lock().unwrap();
            if *room == 0 {
                let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
                return Err(Error::Generic { store: "small", source: Box::new(full) });
            }
            *room -= 1;
        }
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>, Error> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult, Error> {
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, Error> {
        self.inner.get_ranges(path, ranges).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path, Error>>) -> BoxStream<'static, Result<Path, Error>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta, Error>> {
        self.listed.lock().unwrap().push(prefix.map(ToString::to_string));
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult, Error> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<(), Error> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn name(shard: u8) -> ShardName {
    ShardName { anchor: AnchorId(Hash32([7; 32])), generation: 0, shard }
}

fn data(byte: u8) -> Bytes {
    Bytes::from(vec![byte; 1000])
}

#[tokio::test]
async fn a_full_store_says_so_and_keeps_what_it_has() {
    let small = Small::with_room(1);
    let store = ShardStore::over(small.clone());
    store.put_run(name(0), 0, 0, data(1)).await.unwrap();
    assert!(matches!(store.put_run(name(0), 1, 0, data(2)).await, Err(StoreError::Full)));
    assert_eq!(store.run(name(0), 0, 0).await.unwrap(), Some(data(1)));
    assert_eq!(store.run(name(0), 1, 0).await.unwrap(), None);
    *small.room.lock().unwrap() = 1;
    store.put_run(name(0), 1, 0, data(2)).await.unwrap();
    assert_eq!(store.run(name(0), 1, 0).await.unwrap(), Some(data(2)));
}

#[tokio::test]
async fn files_are_created_once_and_removed_by_shard() {
    let dir = tempfile::tempdir().unwrap();
    let store = ShardStore::local(dir.path()).unwrap();
    for shard in [1, 11] {
        store.put_run(name(shard), 0, 0, data(shard)).await.unwrap();
        store.put_run(name(shard), 0, 0, data(9)).await.unwrap();
        assert_eq!(store.run(name(shard), 0, 0).await.unwrap(), Some(data(shard)), "what is there stays");
        store.put_lists(name(shard), data(5), data(6)).await.unwrap();
        store.put_lists(name(shard), data(7), data(6)).await.unwrap();
        assert_eq!(store.index(name(shard)).await.unwrap(), Some(data(7)), "a damaged list is replaced");
    }
    assert_eq!(store.usage().await.unwrap(), (2, 6000));
    let mut shards = store.shards().await.unwrap();
    shards.sort();
    assert_eq!(shards, [name(1), name(11)]);
    store.remove_shard(name(1)).await.unwrap();
    assert_eq!(store.usage().await.unwrap(), (1, 3000));
    assert_eq!(store.run(name(11), 0, 0).await.unwrap(), Some(data(11)), "another shard whose number begins alike");
    let path = dir.path().join(format!("{}/0/11-0.0", name(11).anchor));
    assert_eq!(std::fs::read(path).unwrap(), data(11));
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_removed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = ShardStore::local(dir.path()).unwrap();
    store.put_run(name(0), 0, 0, data(1)).await.unwrap();
    let staged = dir.path().join(format!("{}/0/0-1.0#1", name(0).anchor));
    std::fs::write(&staged, data(2)).unwrap();
    assert_eq!(store.usage().await.unwrap(), (0, 1000), "the store itself does not see it");
    let store = ShardStore::local(dir.path()).unwrap();
    assert!(!staged.exists());
    assert_eq!(store.run(name(0), 0, 0).await.unwrap(), Some(data(1)));
}

#[tokio::test]
async fn the_shards_of_a_document_are_found_in_its_own_folder() {
    let backend = Small::with_room(usize::MAX);
    let store = ShardStore::over(backend.clone());
    let of = |byte: u8, generation, shard| ShardName { anchor: AnchorId(Hash32([byte; 32])), generation, shard };
    let (own, others) = ([of(7, 0, 1), of(7, 0, 11), of(7, 2, 1)], [of(6, 0, 1), of(8, 0, 1)]);
    for name in own.into_iter().chain(others) {
        store.put_run(name, 0, 0, data(1)).await.unwrap();
        store.put_lists(name, data(2), data(3)).await.unwrap();
    }
    let mut found = store.shards_of(own[0].anchor).await.unwrap();
    found.sort();
    assert_eq!(found, own, "all of them, of every generation");
    for name in found {
        store.remove_shard(name).await.unwrap();
    }
    let folder = own[0].anchor.to_string();
    let listed = std::mem::take(&mut *backend.listed.lock().unwrap());
    let inside = |prefix: &Option<String>| prefix.as_ref().is_some_and(|prefix| prefix.starts_with(&folder));
    assert!(listed.iter().all(inside), "looked elsewhere: {listed:?}");
    assert_eq!(store.shards_of(own[0].anchor).await.unwrap(), []);
    let mut left = store.shards().await.unwrap();
    left.sort();
    assert_eq!(left, others, "what belongs to other documents stays");
    assert_eq!(store.usage().await.unwrap(), (2, 6000));
}
