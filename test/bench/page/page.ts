import { contenders } from '../contenders/contenders.ts';
import { rows } from '../rows/rows.ts';
import { serveBench } from './bench-page.ts';

serveBench(contenders, rows);
