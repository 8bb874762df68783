"""The losses, pure: contrastive (Eq. 6-8), matching (Eq. 9), masked omics (Eq. 10), Cox (Eq. 11-15)."""
