"""The Genomic Data Commons: what a project has there in open access, fetched into a folder that can be imported."""
