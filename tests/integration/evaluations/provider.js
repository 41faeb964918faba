// A provider of promptfoo that says again what it is asked, and has no answer to one word.
module.exports = class {
  id() {
    return 'echo';
  }

  async callApi(prompt) {
    if (prompt.includes('throw')) {
      throw new Error('no route');
    }
    return { output: prompt.replace('say ', '') };
  }
};
