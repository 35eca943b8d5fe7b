// H5Web with the file that is chosen.
import '@h5web/app/styles.css';
import { App } from '@h5web/app';
import { H5WasmLocalFileProvider } from '@h5web/h5wasm';
import { createRoot } from 'react-dom/client';

const input = document.querySelector('input');
input.onchange = () => {
  input.hidden = true;
  createRoot(document.querySelector('main')).render(
    <H5WasmLocalFileProvider file={input.files[0]}>
      <App />
    </H5WasmLocalFileProvider>,
  );
};
