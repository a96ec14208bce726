export { manifest } from '../../loyalty.ts';
