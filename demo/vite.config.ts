import { defineConfig } from 'vite';
import { demoConfig } from './server/demo-config.ts';

export default defineConfig(demoConfig(process.env));
