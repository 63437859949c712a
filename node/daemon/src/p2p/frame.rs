//! Frames: a big-endian `u32` length and that many bytes, at least one.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes that are reserved on the word of a length alone.
const TRUSTED_BYTES: usize = 64 * 1024;

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream ended or broke; nobody is to blame.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A length outside 1 to the bound.
    #[error("a frame of {length} bytes where 1 to {max} are allowed")]
    Length {
        /// The length that was announced.
        length: usize,
        /// The bound.
        max: usize,
    },
}

/// Reads the next frame; `None` at the end of the stream.
///
/// # Errors
/// See [`FrameError`].
///
/// # Security
/// Memory grows with the bytes that arrive, not with the length that is announced.
pub async fn read<R: AsyncRead + Unpin>(stream: &mut R, max: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match stream.read(&mut length[filled..]).await? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            count => filled += count,
        }
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > max {
        return Err(FrameError::Length { length, max });
    }
    let mut bytes = Vec::with_capacity(length.min(TRUSTED_BYTES));
    let count = stream.take(length as u64).read_to_end(&mut bytes).await?;
    if count < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some(bytes))
}

/// Writes a frame without flushing.
///
/// # Errors
/// The stream's, or more bytes than a length can say.
pub async fn write<W: AsyncWrite + Unpin>(stream: &mut W, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    #[test]
    fn frames_come_back_one_by_one() {
        let mut wire = Vec::new();
        for frame in [&b"a"[..], &[7; 100_000]] {
            block_on(write(&mut wire, frame)).unwrap();
        }
        let mut stream = Cursor::new(wire);
        assert_eq!(block_on(read(&mut stream, 100_000)).unwrap().unwrap(), b"a");
        assert_eq!(block_on(read(&mut stream, 100_000)).unwrap().unwrap().len(), 100_000);
        assert!(block_on(read(&mut stream, 100_000)).unwrap().is_none());
    }

    #[test]
    fn empty_oversized_and_cut_frames_are_errors() {
        for (wire, blamed) in [
            (&[0, 0, 0, 0][..], true),
            (&[0, 0, 0, 11], true),
            (&[0xff; 4], true),
            (&[0, 0, 0, 3, 1, 2], false),
            (&[0, 0], false),
        ] {
            let error = block_on(read(&mut Cursor::new(wire), 10)).unwrap_err();
            assert_eq!(matches!(error, FrameError::Length { .. }), blamed, "{wire:?}");
        }
    }
}
