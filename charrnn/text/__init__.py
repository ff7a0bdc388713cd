"""From files to ids: `sources` → `documents` → `corpus` → `tokenizers` → `dataset` → `batches`."""
