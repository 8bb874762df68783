"""What a browser is given with every page, before Streamlit's own scripts come."""
