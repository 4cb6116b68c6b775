"""The panel and the marks, in a real JupyterLab. A package, so that its browser is closed at its end."""
