export function stageApp(root: string, folder: string): void;
