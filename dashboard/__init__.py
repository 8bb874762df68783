"""The Streamlit face of pomp. It never computes: it reads run folders and asks for jobs."""
