"""The Streamlit face of pomp. It never trains: it reads run folders, evaluates their predictions, asks for jobs."""
