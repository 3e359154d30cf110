"""The studio page: for people who have never seen a terminal. Gradio, in English and Chinese, without the internet."""
